// Dropped files before they are read: their size is checked, and what only opens slowly is opened.
import { startsWithBytes } from '../../base/bytes'
import { AppError, toAppError } from '../../base/errors'
import type { CorpusFile } from '../types'
import type { NumberedRow } from './rows'

/** About a minute of encoding, and more text than a page trains on in a day. */
export const MAX_CORPUS_BYTES = 64 * 1024 * 1024

export interface OpenedFile extends CorpusFile {
  /** The rows of a format that is not text, or why they could not be had. */
  readonly rows?: readonly NumberedRow[] | AppError
}

/** @throws AppError `corpus/too-large`, `corpus/empty` for no files at all. */
export function checkFiles(files: readonly CorpusFile[]): void {
  const sizeBytes = files.reduce((sum, { bytes }) => sum + bytes.byteLength, 0)
  if (sizeBytes > MAX_CORPUS_BYTES) {
    throw new AppError('corpus/too-large', {
      message: `${sizeBytes} bytes of text, over ${MAX_CORPUS_BYTES}`,
      details: { sizeBytes, limitBytes: MAX_CORPUS_BYTES },
    })
  }
  if (files.length === 0) throw new AppError('corpus/empty', { message: 'no files' })
}

/** Parquet files by their first bytes, whatever they are called. @throws AppError as `checkFiles` */
export async function openFiles(files: readonly CorpusFile[]): Promise<OpenedFile[]> {
  checkFiles(files)
  return await Promise.all(files.map(async (file) => (isParquet(file.bytes) ? await openParquet(file) : file)))
}

async function openParquet(file: CorpusFile): Promise<OpenedFile> {
  try {
    const { readParquetRows } = await import('./parquetRows')
    return { ...file, rows: await readParquetRows(file.bytes, file.name) }
  } catch (thrown) {
    return { ...file, rows: toAppError(thrown) }
  }
}

function isParquet(bytes: Uint8Array): boolean {
  return startsWithBytes(bytes, [0x50, 0x41, 0x52, 0x31])
}
