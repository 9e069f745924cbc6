// The norm of all gradients by its definition. See squares.wgsl and clip.wgsl.
import type { Floats } from '../../plan/kernelSpec'
import { counterIndex, metricIndex, RING_FIELDS } from '../runInputs'

export interface SquaresArrays {
  readonly gradients: Floats
  readonly partials: Floats
}

export function squaresReference(
  { gradients, partials }: SquaresArrays,
  { count, groups, lanes }: { count: number; groups: number; lanes: number },
): void {
  partials.fill(0)
  for (let i = 0; i < count; i++) {
    const group = Math.floor(i / lanes) % groups
    const value = gradients[i]!
    if (Number.isFinite(value)) partials[2 * group] = partials[2 * group]! + value * value
    else partials[2 * group + 1] = 1
  }
}

export interface ClipArrays {
  readonly partials: Floats
  readonly counters: Uint32Array
  readonly clip: Floats
  readonly metrics: Floats
}

export function clipReference(
  { partials, counters, clip, metrics }: ClipArrays,
  { groups, maxNorm }: { groups: number; maxNorm: number },
): void {
  let squares = 0
  let isFinite = true
  for (let group = 0; group < groups; group++) {
    squares += partials[2 * group]!
    if (partials[2 * group + 1] !== 0) isFinite = false
  }
  // The GPU adds in float32.
  isFinite &&= Number.isFinite(Math.fround(squares))
  const norm = Math.sqrt(squares)
  clip[0] = norm
  clip[1] = maxNorm > 0 ? Math.min(1, maxNorm / (norm + 1e-6)) : 1
  clip[2] = isFinite ? 1 : 0
  clip[3] = 0
  const row = counters[counterIndex.ringRow]! * RING_FIELDS
  metrics[row + metricIndex.gradientNorm] = norm
  metrics[row + metricIndex.isFinite] = isFinite ? 1 : 0
}
