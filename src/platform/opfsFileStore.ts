// Downloads in the origin private file system. Only in a worker: `createSyncAccessHandle` is not elsewhere.
import { AppError } from '../base/errors'
import type { AppendedFile, FileStore } from '../hub/fileStore'
import { guarded, opfsFolder, orNull } from './opfs'

const FULL = 'hub/no-room'
const folder = () => opfsFolder('models')

/** What TypeScript's page library leaves out. */
interface SyncAccessHandle {
  getSize(): number
  write(bytes: Uint8Array, options: { at: number }): number
  truncate(size: number): void
  flush(): void
  close(): void
}

interface WorkerFileHandle extends FileSystemFileHandle {
  createSyncAccessHandle(): Promise<SyncAccessHandle>
  move(name: string): Promise<void>
}

export class OpfsFileStore implements FileStore {
  async sizes(): Promise<ReadonlyMap<string, number>> {
    return guarded(FULL, async () => {
      const sizes = new Map<string, number>()
      for await (const [name, handle] of (await folder()).entries()) {
        if (handle.kind === 'file') sizes.set(name, (await (handle as FileSystemFileHandle).getFile()).size)
      }
      return sizes
    })
  }

  async blob(name: string): Promise<Blob | null> {
    return guarded(FULL, () => orNull(async () => (await (await folder()).getFileHandle(name)).getFile()))
  }

  async append(name: string): Promise<AppendedFile> {
    return guarded(FULL, async () => {
      const handle = (await (await folder()).getFileHandle(name, { create: true })) as WorkerFileHandle
      return appendedFile(await handle.createSyncAccessHandle())
    })
  }

  async rename(from: string, to: string): Promise<void> {
    await guarded(FULL, async () => ((await (await folder()).getFileHandle(from)) as WorkerFileHandle).move(to))
  }

  async remove(name: string): Promise<void> {
    await guarded(FULL, () => orNull(async () => (await folder()).removeEntry(name)))
  }
}

function appendedFile(handle: SyncAccessHandle): AppendedFile {
  let sizeBytes = handle.getSize()
  return {
    get sizeBytes() {
      return sizeBytes
    },
    write: (bytes) =>
      guarded(FULL, () => {
        // At the quota some browsers throw and some write a part, or answer a negative number as an unsigned one.
        const written = handle.write(bytes, { at: sizeBytes })
        if (written !== bytes.byteLength) {
          handle.truncate(sizeBytes)
          throw new AppError(FULL, { message: `${written} of ${bytes.byteLength} bytes were written` })
        }
        sizeBytes += written
        return Promise.resolve()
      }),
    empty: () =>
      guarded(FULL, () => {
        handle.truncate(0)
        sizeBytes = 0
        return Promise.resolve()
      }),
    close: () =>
      guarded(FULL, () => {
        handle.flush()
        handle.close()
        return Promise.resolve()
      }),
  }
}
