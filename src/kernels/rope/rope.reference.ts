// Rotary position embedding by its definition. See rotate.wgsl for the formulas.
import type { Floats } from '../../plan/kernelSpec'

export interface RopeArrays {
  readonly q: Floats
  readonly k: Floats
  readonly positions: Uint32Array
  readonly table: Floats
  readonly rotatedQ: Floats
  readonly rotatedK: Floats
}

export interface RopeShape extends Readonly<Record<string, number>> {
  readonly rows: number
  readonly heads: number
  readonly keyValueHeads: number
  readonly headWidth: number
  readonly maxPositions: number
  readonly inverse: number
  readonly accumulate: number
}

export function ropeReference({ q, k, positions, table, rotatedQ, rotatedK }: RopeArrays, shape: RopeShape): void {
  rotateHeads({ x: q, positions, table, y: rotatedQ }, shape)
  rotateHeads({ x: k, positions, table, y: rotatedK }, { ...shape, heads: shape.keyValueHeads })
}

export function ropeInPlaceReference(
  { q, k, positions, table }: Omit<RopeArrays, 'rotatedQ' | 'rotatedK'>,
  shape: RopeShape,
): void {
  ropeReference({ q, k, positions, table, rotatedQ: q, rotatedK: k }, { ...shape, accumulate: 0 })
}

export interface HeadArrays {
  readonly x: Floats
  readonly positions: Uint32Array
  readonly table: Floats
  readonly y: Floats
}

/** x, y: [rows, heads, D] */
export function rotateHeads(
  { x, positions, table, y }: HeadArrays,
  { rows, heads, headWidth, maxPositions, inverse, accumulate }: RopeShape,
): void {
  const pairs = headWidth / 2
  for (let r = 0; r < rows; r++) {
    const entry = Math.min(positions[r]!, maxPositions - 1) * headWidth
    for (let h = 0; h < heads; h++) {
      for (let i = 0; i < pairs; i++) {
        const cosine = table[entry + i]!
        const sine = inverse ? -table[entry + pairs + i]! : table[entry + pairs + i]!
        const low = (r * heads + h) * headWidth + i
        const high = low + pairs
        const first = x[low]! * cosine - x[high]! * sine
        const second = x[high]! * cosine + x[low]! * sine
        y[low] = accumulate ? y[low]! + first : first
        y[high] = accumulate ? y[high]! + second : second
      }
    }
  }
}
