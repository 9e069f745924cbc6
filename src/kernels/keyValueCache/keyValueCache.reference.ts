// Appending to the key/value cache by its definition. See append.wgsl.
import type { Floats } from '../../plan/kernelSpec'
import { counterIndex } from '../runInputs'

export interface AppendArrays {
  readonly rows: Floats
  readonly counters: Uint32Array
  readonly cache: Floats
}

export function appendReference(
  { rows, counters, cache }: AppendArrays,
  { rows: count, columns, capacity }: { rows: number; columns: number; capacity: number },
): void {
  const position = counters[counterIndex.cachePosition]!
  for (let r = 0; r < count && position + r < capacity; r++) {
    for (let c = 0; c < columns; c++) cache[(position + r) * columns + c] = rows[r * columns + c]!
  }
}
