// The files of a folder, read by range: a model larger than memory can hold twice is no trouble.
import { open, readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { AppError } from '../base/errors'
import type { FileSource } from '../formats/fileSource'

/** The model at `location`: one GGUF file, or every file that lies directly in a folder. @throws AppError `file/not-readable` */
export async function openLocation(location: string): Promise<readonly FileSource[]> {
  return location.toLowerCase().endsWith('.gguf')
    ? [await openFile(location, basename(location))]
    : openFolder(location)
}

async function openFolder(folder: string): Promise<readonly FileSource[]> {
  const names = await filesIn(folder)
  return Promise.all(names.map((name) => openFile(join(folder, name), name)))
}

/** The names of the files directly in `folder`, also of links to files: Hugging Face's cache holds nothing else. */
export async function filesIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw unreadable(folder, cause)
  })
  const found = await Promise.all(names.map((name) => stat(join(folder, name)).catch(() => null)))
  return names.filter((_, index) => found[index]?.isFile() === true).sort()
}

/**
 * Opened for each read: a handle that is kept must be closed, and a source has no end.
 *
 * @throws AppError `file/not-readable`
 */
export async function openFile(path: string, name: string): Promise<FileSource> {
  const { size } = await stat(path).catch((cause: unknown) => {
    throw unreadable(path, cause)
  })
  return {
    name,
    sizeBytes: size,
    async read(offset, length) {
      try {
        return await readRange(path, offset, length)
      } catch (cause) {
        throw unreadable(path, cause)
      }
    },
  }
}

async function readRange(path: string, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const file = await open(path)
  try {
    const bytes = new Uint8Array(length)
    for (let done = 0; done < length; ) {
      const { bytesRead } = await file.read(bytes, done, length - done, offset + done)
      if (bytesRead === 0) throw new Error(`it ends before byte ${offset + length}`)
      done += bytesRead
    }
    return bytes
  } finally {
    await file.close()
  }
}

function unreadable(path: string, cause: unknown): AppError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new AppError('file/not-readable', { message: `${path}: ${reason}`, details: { name: path }, cause })
}
