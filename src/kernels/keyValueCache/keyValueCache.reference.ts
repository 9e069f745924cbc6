// Appending to the key/value cache by its definition. See append.wgsl and rotateAppend.wgsl.
import type { Floats } from '../../plan/kernelSpec'
import { rotateHeads } from '../rope/rope.reference'
import { counterIndex } from '../runInputs'

interface NewRows {
  readonly k: Floats
  readonly v: Floats
}

interface Cache {
  readonly keys: Floats
  readonly values: Floats
}

export interface AppendShape extends Readonly<Record<string, number>> {
  readonly rows: number
  readonly columns: number
  readonly capacity: number
}

export function appendReference(
  { k, v, counters, keys, values }: NewRows & Cache & { readonly counters: Uint32Array },
  shape: AppendShape,
): void {
  const position = counters[counterIndex.cachePosition]!
  copyRows(k, keys, position, shape)
  copyRows(v, values, position, shape)
}

export interface RotateAppendShape extends Readonly<Record<string, number>> {
  readonly rows: number
  readonly heads: number
  readonly keyValueHeads: number
  readonly headWidth: number
  readonly maxPositions: number
  readonly capacity: number
}

export interface RotateAppendArrays extends NewRows, Cache {
  readonly q: Floats
  readonly positions: Uint32Array
  readonly table: Floats
  readonly rotatedQ: Floats
}

export function rotateAppendReference(
  { q, k, v, positions, table, rotatedQ, keys, values }: RotateAppendArrays,
  shape: RotateAppendShape,
): void {
  const { rows, keyValueHeads, headWidth, capacity } = shape
  const forward = { ...shape, inverse: 0, accumulate: 0 }
  const rotatedK = k.slice()
  rotateHeads({ x: q, positions, table, y: rotatedQ }, forward)
  rotateHeads({ x: k, positions, table, y: rotatedK }, { ...forward, heads: keyValueHeads })
  const rowShape = { rows, columns: keyValueHeads * headWidth, capacity }
  copyRows(rotatedK, keys, positions[0]!, rowShape)
  copyRows(v, values, positions[0]!, rowShape)
}

function copyRows(from: Floats, to: Floats, position: number, { rows, columns, capacity }: AppendShape): void {
  for (let r = 0; r < rows && position + r < capacity; r++) {
    for (let c = 0; c < columns; c++) to[(position + r) * columns + c] = from[r * columns + c]!
  }
}
