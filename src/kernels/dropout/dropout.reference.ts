// Inverted dropout by its definition. See mask.wgsl for the formula; the masks are equal bit for bit.
import { mix32, randomBits } from '../../base/random'
import type { Floats } from '../../plan/kernelSpec'
import { counterIndex } from '../runInputs'

export interface DropoutArrays {
  readonly source: Floats
  readonly counters: Uint32Array
  readonly result: Floats
}

export function dropoutReference(
  { source, counters, result }: DropoutArrays,
  {
    count,
    stream,
    probability,
    accumulate,
  }: { count: number; stream: number; probability: number; accumulate: number },
): void {
  const seed = mix32(mix32(counters[counterIndex.seed]!) ^ counters[counterIndex.microStep]!)
  for (let i = 0; i < count; i++) {
    const isKept = randomBits(seed, stream, i) >= dropoutThreshold(probability)
    const value = isKept ? source[i]! / (1 - probability) : 0
    result[i] = accumulate ? result[i]! + value : value
  }
}

/** Random bits below this are dropped. */
export function dropoutThreshold(probability: number): number {
  return Math.floor(probability * 2 ** 32)
}
