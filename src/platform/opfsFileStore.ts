// Downloads in the origin private file system. Only in a worker: `createSyncAccessHandle` is not elsewhere.
import { AppError } from '../base/errors'
import type { AppendedFile, FileStore } from '../hub/fileStore'

const FOLDER = 'models'

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
    return guarded(async () => {
      const sizes = new Map<string, number>()
      for await (const [name, handle] of (await folder()).entries()) {
        if (handle.kind === 'file') sizes.set(name, (await (handle as FileSystemFileHandle).getFile()).size)
      }
      return sizes
    })
  }

  async blob(name: string): Promise<Blob | null> {
    return guarded(() => orNull(async () => (await (await folder()).getFileHandle(name)).getFile()))
  }

  async append(name: string): Promise<AppendedFile> {
    return guarded(async () => {
      const handle = (await (await folder()).getFileHandle(name, { create: true })) as WorkerFileHandle
      return appendedFile(await handle.createSyncAccessHandle())
    })
  }

  async rename(from: string, to: string): Promise<void> {
    await guarded(async () => ((await (await folder()).getFileHandle(from)) as WorkerFileHandle).move(to))
  }

  async remove(name: string): Promise<void> {
    await guarded(() => orNull(async () => (await folder()).removeEntry(name)))
  }
}

function appendedFile(handle: SyncAccessHandle): AppendedFile {
  let sizeBytes = handle.getSize()
  return {
    get sizeBytes() {
      return sizeBytes
    },
    write: (bytes) =>
      guarded(() => {
        // At the quota some browsers throw and some write a part, or answer a negative number as an unsigned one.
        const written = handle.write(bytes, { at: sizeBytes })
        if (written !== bytes.byteLength) {
          handle.truncate(sizeBytes)
          throw new AppError('hub/no-room', { message: `${written} of ${bytes.byteLength} bytes were written` })
        }
        sizeBytes += written
        return Promise.resolve()
      }),
    empty: () =>
      guarded(() => {
        handle.truncate(0)
        sizeBytes = 0
        return Promise.resolve()
      }),
    close: () =>
      guarded(() => {
        handle.flush()
        handle.close()
        return Promise.resolve()
      }),
  }
}

async function folder(): Promise<FileSystemDirectoryHandle> {
  return (await navigator.storage.getDirectory()).getDirectoryHandle(FOLDER, { create: true })
}

async function orNull<Result>(work: () => Promise<Result>): Promise<Result | null> {
  try {
    return await work()
  } catch (thrown) {
    if (thrown instanceof DOMException && thrown.name === 'NotFoundError') return null
    throw thrown
  }
}

async function guarded<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    const isFull = cause instanceof DOMException && cause.name === 'QuotaExceededError'
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new AppError(isFull ? 'hub/no-room' : 'storage/unavailable', { message, cause })
  }
}
