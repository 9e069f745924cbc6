// Embedding lookup by its definition. See forward.wgsl.
import { halvesToFloats } from '../../base/float16'
import type { Floats } from '../../plan/kernelSpec'

/** The part of the table has the rows `first` to `first + count` of `vocabulary`. */
export type EmbedShape = {
  rows: number
  columns: number
  vocabulary: number
  first: number
  count: number
  /** 1: y holds the rows of other parts already. */
  accumulate: number
}

export interface EmbedArrays {
  readonly tokens: Uint32Array
  readonly table: Floats
  readonly y: Floats
}

export function embedReference(
  { tokens, table, y }: EmbedArrays,
  { rows, columns, vocabulary, first, count }: EmbedShape,
): void {
  for (let r = 0; r < rows; r++) {
    const row = Math.min(tokens[r]!, vocabulary - 1) - first
    if (row < 0 || row >= count) continue
    for (let c = 0; c < columns; c++) y[r * columns + c] = table[row * columns + c]!
  }
}

/** The lookup in the floats that the halves are. */
export function embedFloat16Reference(
  { table, ...arrays }: Omit<EmbedArrays, 'table'> & { readonly table: Uint16Array },
  shape: EmbedShape,
): void {
  embedReference({ ...arrays, table: halvesToFloats(table) }, shape)
}

export interface EmbedInt8Arrays {
  readonly tokens: Uint32Array
  readonly values: Int8Array
  readonly scales: Uint16Array
  readonly y: Floats
}

/** The lookup in the floats that the int8 table stands for. */
export function embedInt8Reference({ tokens, values, scales, y }: EmbedInt8Arrays, shape: EmbedShape): void {
  const factors = halvesToFloats(scales)
  const table = Float32Array.from(values, (value, index) => value * factors[Math.floor(index / 32)]!)
  embedReference({ tokens, table, y }, shape)
}

export type EmbedBackwardShape = { rows: number; columns: number; vocabulary: number }

export interface EmbedBackwardArrays {
  readonly tokens: Uint32Array
  readonly dy: Floats
  readonly dtable: Floats
}

export function embedBackwardReference(
  { tokens, dy, dtable }: EmbedBackwardArrays,
  { rows, columns, vocabulary }: EmbedBackwardShape,
): void {
  for (let r = 0; r < rows; r++) {
    const row = Math.min(tokens[r]!, vocabulary - 1)
    for (let c = 0; c < columns; c++) dtable[row * columns + c]! += dy[r * columns + c]!
  }
}
