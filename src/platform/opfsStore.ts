// Checkpoints in the origin private file system. `createWritable` writes beside the file and swaps on
// close, so a tab that dies in between leaves the old bytes.
import { AppError } from '../base/errors'
import type { CheckpointStore } from '../training/checkpoint'

const FOLDER = 'runs'

export class OpfsStore implements CheckpointStore {
  async write(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await guarded(async () => {
      const handle = await (await folder()).getFileHandle(name, { create: true })
      const stream = await handle.createWritable()
      await stream.write(bytes)
      await stream.close()
      const { size } = await handle.getFile()
      if (size !== bytes.byteLength) {
        throw new AppError('storage/full', { message: `${size} of ${bytes.byteLength} bytes of ${name} were written` })
      }
    })
  }

  async read(name: string): Promise<Uint8Array<ArrayBuffer> | null> {
    return guarded(async () => {
      try {
        const file = await (await (await folder()).getFileHandle(name)).getFile()
        return new Uint8Array(await file.arrayBuffer())
      } catch (thrown) {
        if (thrown instanceof DOMException && thrown.name === 'NotFoundError') return null
        throw thrown
      }
    })
  }

  async list(): Promise<string[]> {
    return guarded(async () => {
      const names: string[] = []
      for await (const name of (await folder()).keys()) names.push(name)
      return names.sort()
    })
  }

  async remove(name: string): Promise<void> {
    await guarded(async () => (await folder()).removeEntry(name))
  }
}

async function folder(): Promise<FileSystemDirectoryHandle> {
  return (await navigator.storage.getDirectory()).getDirectoryHandle(FOLDER, { create: true })
}

async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    const isFull = cause instanceof DOMException && cause.name === 'QuotaExceededError'
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new AppError(isFull ? 'storage/full' : 'storage/unavailable', { message, cause })
  }
}
