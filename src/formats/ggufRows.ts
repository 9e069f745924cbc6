// Rows of a GGUF tensor, without the rest of it: an embedding of half a gigabyte is read, quantized and written
// in parts, and costs the memory of one part.
import { assert } from '../base/assert'
import type { FileSource } from './fileSource'
import { dequantizeGgml, ggmlBytes, splitQ8_0 } from './ggml'
import type { GgufEntry } from './gguf'

export interface RowRange {
  readonly first: number
  readonly count: number
}

/** The values [count, columns] of some rows. @throws AppError `file/not-readable` when the source fails. */
export async function readGgufRows(source: FileSource, entry: GgufEntry, rows: RowRange): Promise<Float32Array> {
  return dequantizeGgml(entry.type, await readRowBytes(source, entry, rows))
}

/** The two planes of some rows of a Q8_0 tensor as they are stored, or null for any other type. */
export async function readGgufBlockRows(
  source: FileSource,
  entry: GgufEntry,
  rows: RowRange,
): Promise<{ values: Int8Array; scales: Uint16Array } | null> {
  return entry.type === 'Q8_0' ? splitQ8_0(await readRowBytes(source, entry, rows)) : null
}

function readRowBytes(
  source: FileSource,
  { name, type, shape, offset }: GgufEntry,
  { first, count }: RowRange,
): Promise<Uint8Array<ArrayBuffer>> {
  const rows = shape.slice(0, -1).reduce((product, length) => product * length, 1)
  assert(first >= 0 && count >= 0 && first + count <= rows, `rows ${first} + ${count} of ${rows} in ${name}`)
  // No block crosses a row: the header's reader refuses such files.
  const rowBytes = ggmlBytes(type, shape.at(-1) ?? 1)
  return source.read(offset + first * rowBytes, count * rowBytes)
}
