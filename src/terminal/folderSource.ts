// The files of a folder, read by range: a model larger than memory can hold twice is no trouble.
import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../base/errors'
import type { FileSource } from '../formats/fileSource'

/** Opens every file that lies directly in `folder`. @throws AppError `file/not-readable` */
export async function openFolder(folder: string): Promise<readonly FileSource[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw unreadable(folder, cause)
  })
  return Promise.all(entries.filter((entry) => entry.isFile()).map(({ name }) => openFile(join(folder, name), name)))
}

/** @throws AppError `file/not-readable` */
export async function openFile(path: string, name: string): Promise<FileSource> {
  try {
    const file = await open(path)
    const { size } = await file.stat()
    return {
      name,
      sizeBytes: size,
      async read(offset, length) {
        const bytes = new Uint8Array(length)
        for (let done = 0; done < length; ) {
          const { bytesRead } = await file.read(bytes, done, length - done, offset + done)
          if (bytesRead === 0) throw unreadable(path, `it ends before byte ${offset + length}`)
          done += bytesRead
        }
        return bytes
      },
    }
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

function unreadable(path: string, cause: unknown): AppError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new AppError('file/not-readable', { message: `${path}: ${reason}`, details: { name: path }, cause })
}
