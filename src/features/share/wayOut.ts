// Two ways out of the page that not every browser has: handing a file to another app, and dragging it out.

/** What is in a row of the list. */
export interface LeavingFile {
  readonly name: string
  readonly bytes: Uint8Array
}

/** The system's own sheet for files; absent where the device or the kind of file has none. */
export function canHandOver(file: LeavingFile): boolean {
  return navigator.canShare?.({ files: [asFile(file)] }) ?? false
}

/** Rejects where the system refuses; a person who closes the sheet is no failure. */
export async function handOver(file: LeavingFile): Promise<void> {
  try {
    await navigator.share({ files: [asFile(file)], title: file.name })
  } catch (thrown) {
    if (thrown instanceof DOMException && thrown.name === 'AbortError') return
    throw thrown
  }
}

/** `DownloadURL` is Chromium's, and can only be told by the browser's name for itself. A finger drags nothing out. */
export function canDragOut(): boolean {
  const isChromium = navigator.userAgentData?.brands.some(({ brand }) => brand === 'Chromium') ?? false
  return isChromium && window.matchMedia('(pointer: fine)').matches
}

declare global {
  interface Navigator {
    readonly userAgentData?: { readonly brands: readonly { readonly brand: string }[] }
  }
}

/** Gives a drag the file. The address lives long enough for the browser to read it after the drop. */
export function dragOut(transfer: DataTransfer, file: LeavingFile): void {
  const address = URL.createObjectURL(asFile(file))
  transfer.effectAllowed = 'copy'
  transfer.setData('DownloadURL', `${typeOf(file.name)}:${file.name}:${address}`)
  setTimeout(() => URL.revokeObjectURL(address), KEPT_MS)
}

const KEPT_MS = 5 * 60_000

function asFile({ name, bytes }: LeavingFile): File {
  // Never over a SharedArrayBuffer; the copy says so to the type.
  return new File([new Uint8Array(bytes)], name, { type: typeOf(name) })
}

const types: Readonly<Record<string, string>> = {
  json: 'application/json',
  md: 'text/markdown',
  png: 'image/png',
  zip: 'application/zip',
}

function typeOf(name: string): string {
  return types[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream'
}
