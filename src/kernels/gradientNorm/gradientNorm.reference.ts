// The norm of all gradients by its definition. See squares.wgsl and clip.wgsl.
import type { Floats } from '../../plan/kernelSpec'
import { counterIndex, metricIndex, RING_FIELDS } from '../runInputs'

export interface SquaresArrays {
  readonly gradients: Floats
  readonly partials: Floats
}

export function squaresReference(
  { gradients, partials }: SquaresArrays,
  { count, parts }: { count: number; parts: number },
): void {
  partials.fill(0)
  for (let i = 0; i < count; i++) {
    const part = Math.floor(i / 4) % parts
    const value = gradients[i]!
    if (Number.isFinite(value)) partials[2 * part] = partials[2 * part]! + value * value
    else partials[2 * part + 1] = 1
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
  { parts, maxNorm }: { parts: number; maxNorm: number },
): void {
  let squares = 0
  let isFinite = true
  for (let part = 0; part < parts; part++) {
    squares += partials[2 * part]!
    if (partials[2 * part + 1] !== 0) isFinite = false
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
