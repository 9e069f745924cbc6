// Activations to int8 by definition. See forward.wgsl.
import type { Floats } from '../../plan/kernelSpec'

export type QuantizeRowsShape = { rows: number; columns: number; groupBlocks: number }

export interface QuantizeRowsArrays {
  readonly x: Floats
  readonly values: Int8Array
  readonly scales: Floats
}

export function quantizeRowsReference({ x, values, scales }: QuantizeRowsArrays, shape: QuantizeRowsShape): void {
  const length = 32 * shape.groupBlocks
  for (let first = 0; first < shape.rows * shape.columns; first += length) {
    const end = first + length
    let largest = 0
    for (let i = first; i < end; i++) largest = Math.max(largest, Math.abs(x[i]!))
    const scale = Math.fround(largest / 127)
    for (let i = first; i < end; i++) values[i] = scale > 0 ? roundHalfEven(x[i]! / scale) : 0
    scales.fill(scale, first / 32, end / 32)
  }
}

/** As WGSL's `round`. */
function roundHalfEven(value: number): number {
  const below = Math.floor(value)
  const rest = value - below
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1
  return below % 2 === 0 ? below : below + 1
}
