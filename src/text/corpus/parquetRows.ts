// Rows of a Parquet file. The library reads, we bound what it may allocate: sizes in the file's footer and
// its page headers are claims. Loaded only when somebody drops such a file.
import { gunzipSync } from 'fflate'
import { decompress as decompressZstd } from 'fzstd'
import { type Compressors, parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import { AppError } from '../../base/errors'
import { numberedRow } from './jsonRows'
import type { NumberedRow } from './rows'
import { MAX_COLUMNS, MAX_ROWS } from './tableLimits'

/** Text compresses three to ten times; four times the largest corpus is more than any of them unpacks to. */
const MAX_UNPACKED_BYTES = 256 * 1024 * 1024

/** @throws AppError `corpus/parquet-invalid`, `corpus/too-large` */
export async function readParquetRows(bytes: Uint8Array, name: string): Promise<NumberedRow[]> {
  const invalid = (cause: unknown): AppError =>
    new AppError('corpus/parquet-invalid', {
      message: `${name}: ${cause instanceof Error ? cause.message : String(cause)}`,
      details: { name },
      cause,
    })
  // A copy: what is given may be a view into a larger buffer.
  const { buffer } = new Uint8Array(bytes)
  const file = { byteLength: buffer.byteLength, slice: (from: number, to?: number) => buffer.slice(from, to) }
  const metadata = await parquetMetadataAsync(file).catch((cause: unknown) => {
    throw invalid(cause)
  })
  checkClaims(metadata, name)
  try {
    const rows = await parquetReadObjects({ file, metadata, compressors })
    return rows.map((row, index) => numberedRow(row, index + 1))
  } catch (cause) {
    throw cause instanceof AppError ? cause : invalid(cause)
  }
}

type Metadata = Awaited<ReturnType<typeof parquetMetadataAsync>>

function checkClaims({ num_rows, row_groups, schema }: Metadata, name: string): void {
  const chunks = row_groups.flatMap(({ columns }) => columns.map(({ meta_data }) => meta_data))
  const unpacked = chunks.reduce((sum, chunk) => sum + (chunk?.total_uncompressed_size ?? 0n), 0n)
  const values = chunks.reduce((sum, chunk) => sum + (chunk?.num_values ?? 0n), 0n)
  const tooMany = num_rows > MAX_ROWS || schema.length > MAX_COLUMNS || values > MAX_UNPACKED_BYTES / 4
  if (!tooMany && unpacked <= MAX_UNPACKED_BYTES) return
  throw new AppError('corpus/too-large', {
    message: `${name}: ${num_rows} rows of ${schema.length} columns, ${unpacked} bytes unpacked`,
    details: { name, limitBytes: MAX_UNPACKED_BYTES, limitRows: MAX_ROWS },
  })
}

/** Snappy is the library's own. Brotli and LZ4 are rare in datasets, and Brotli's dictionary is 60 kB. */
const compressors: Compressors = {
  GZIP: (packed, length) => gunzipSync(packed, { out: roomFor(length) }),
  ZSTD: (packed, length) => decompressZstd(packed, roomFor(length)),
}

function roomFor(length: number): Uint8Array {
  if (length > MAX_UNPACKED_BYTES) {
    throw new AppError('corpus/too-large', {
      message: `a page of ${length} bytes, over ${MAX_UNPACKED_BYTES}`,
      details: { limitBytes: MAX_UNPACKED_BYTES },
    })
  }
  return new Uint8Array(length)
}
