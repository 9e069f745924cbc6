// The files of a drop, with those of dropped folders: a browser lists only the folders themselves. What
// cannot be opened inside a folder is passed over.

/** A folder with more is no dataset and no model. */
const MAX_FILES = 2000
const MAX_DEPTH = 8

/** Must be called inside the drop event: what was dropped is gone after it. Hidden files are left out. */
export async function filesOfDrop(transfer: DataTransfer): Promise<File[]> {
  const plain = [...transfer.files]
  const entries = [...transfer.items]
    .map((item) => (item.kind === 'file' ? item.webkitGetAsEntry() : null))
    .filter((entry) => entry !== null)
  if (!entries.some((entry) => entry.isDirectory)) return plain
  const found: File[] = []
  for (const entry of entries) await collect(entry, found, 0)
  return found
}

async function collect(entry: FileSystemEntry, found: File[], depth: number): Promise<void> {
  if (found.length >= MAX_FILES || depth > MAX_DEPTH || (depth > 0 && entry.name.startsWith('.'))) return
  if (isFile(entry)) {
    const file = await new Promise<File | null>((resolve) => entry.file(resolve, () => resolve(null)))
    if (file) found.push(file)
    return
  }
  if (!isFolder(entry)) return
  const reader = entry.createReader()
  for (;;) {
    // A reader gives a part at a time, and nothing at the end.
    const part = await new Promise<FileSystemEntry[]>((resolve) => reader.readEntries(resolve, () => resolve([])))
    if (part.length === 0) return
    for (const inside of part) await collect(inside, found, depth + 1)
  }
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile
}

function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory
}
