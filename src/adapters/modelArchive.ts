// A zip that is written as its files come, so that a model never lies in memory as a whole. Nothing is compressed:
// weights do not shrink.
import { Zip, ZipPassThrough } from 'fflate'
import { AppError } from '../base/errors'
import { EARLIEST_ZIP_DATE } from './adapterArchive'

/** A piece of a file; the last one of each says so. */
export interface FilePiece {
  readonly name: string
  readonly bytes: Uint8Array
  readonly isLast: boolean
}

export interface ArchiveSink {
  /** The pieces of a file come one after the other, before those of the next. */
  readonly write: (name: string, bytes: Uint8Array, isLast: boolean) => Promise<void>
  readonly end: () => Promise<void>
}

/** Sizes in a zip have 32 bits; some room for the small files beside the large one. */
export const MAX_ZIP_BYTES = 2 ** 32 - 2 ** 26

/** Gives the zip's own bytes to `onPiece`, as the pieces of one file. */
export function streamZip(onPiece: (piece: FilePiece) => void | Promise<void>, name = 'model.zip'): ArchiveSink {
  const ready: Uint8Array[] = []
  let failure: Error | null = null
  const zip = new Zip((error, bytes) => {
    if (error) failure = error
    else ready.push(bytes)
  })
  let current: { readonly name: string; readonly entry: ZipPassThrough } | null = null
  let written = 0
  const flush = async (isLast: boolean) => {
    if (failure) throw failure
    const pieces = ready.splice(0)
    for (const [index, bytes] of pieces.entries()) {
      await onPiece({ name, bytes, isLast: isLast && index === pieces.length - 1 })
    }
  }
  return {
    async write(file, bytes, isLast) {
      if (current?.name !== file) {
        const entry = new ZipPassThrough(file)
        entry.mtime = EARLIEST_ZIP_DATE
        zip.add(entry)
        current = { name: file, entry }
      }
      written += bytes.byteLength
      if (written > MAX_ZIP_BYTES) {
        throw new AppError('share/too-large', { message: `a zip of more than ${MAX_ZIP_BYTES} bytes` })
      }
      current.entry.push(bytes, isLast)
      if (isLast) current = null
      await flush(false)
    },
    async end() {
      zip.end()
      await flush(true)
    },
  }
}
