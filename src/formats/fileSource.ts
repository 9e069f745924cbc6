// Where the bytes of a file come from. Readers ask for ranges and never see a whole file, so that a
// model of two gigabytes costs the memory of one tensor.
import { AppError } from '../base/errors'

export interface FileSource {
  readonly name: string
  readonly sizeBytes: number
  /** Exactly `length` bytes, or AppError `file/not-readable`. */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>
}

/** The last part of a path, whichever slash it uses. */
export function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1)
}

/** A file a person chose, or anything else the browser holds as a Blob. */
export function blobSource(blob: Blob, name: string): FileSource {
  return {
    name,
    sizeBytes: blob.size,
    async read(offset, length) {
      checkRange(name, blob.size, { offset, length })
      const bytes = await blob
        .slice(offset, offset + length)
        .arrayBuffer()
        .catch((cause: unknown) => {
          // The file was moved, changed or its permission ended since it was chosen.
          throw new AppError('file/not-readable', {
            message: `${name} could not be read at byte ${offset}`,
            details: { name },
            cause,
          })
        })
      if (bytes.byteLength !== length) throw unreadable(name, offset, length)
      return new Uint8Array(bytes)
    },
  }
}

/** Bytes already in memory. The reads are copies. */
export function bytesSource(bytes: Uint8Array, name: string): FileSource {
  return {
    name,
    sizeBytes: bytes.byteLength,
    async read(offset, length) {
      checkRange(name, bytes.byteLength, { offset, length })
      return bytes.slice(offset, offset + length) as Uint8Array<ArrayBuffer> // a copy is never shared memory
    },
  }
}

function checkRange(name: string, sizeBytes: number, { offset, length }: { offset: number; length: number }): void {
  const isInside = offset >= 0 && length >= 0 && length <= sizeBytes - offset
  if (!isInside || !Number.isInteger(offset) || !Number.isInteger(length)) throw unreadable(name, offset, length)
}

function unreadable(name: string, offset: number, length: number): AppError {
  return new AppError('file/not-readable', {
    message: `${name} does not hold ${length} bytes at byte ${offset}`,
    details: { name },
  })
}
