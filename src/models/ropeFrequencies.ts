// How fast each pair of a head turns from position to position.
import type { RopeConfig, RopeScaling } from './families/family'

/**
 * Radians per position of each of the headWidth / 2 pairs: theta^(-2i / headWidth), slowed down as the
 * model's scaling says. Source: transformers 5, modeling_rope_utils.
 */
export function ropeFrequencies(headWidth: number, { theta, scaling }: RopeConfig): Float64Array {
  return Float64Array.from({ length: headWidth / 2 }, (_, i) => {
    const frequency = theta ** ((-2 * i) / headWidth)
    return scaling ? scaled(frequency, i, scaling) : frequency
  })
}

function scaled(frequency: number, pair: number, scaling: RopeScaling): number {
  if (scaling.kind === 'factors') return frequency / (scaling.factors[pair] ?? 1)
  if (scaling.kind === 'linear') return frequency / scaling.factor
  // Llama 3 slows down the pairs that turn less than lowFrequencyFactor times within the original length,
  // keeps those that turn more than highFrequencyFactor times, and blends in between.
  const { factor, lowFrequencyFactor, highFrequencyFactor, originalMaxTokens } = scaling
  const turns = (originalMaxTokens * frequency) / (2 * Math.PI)
  const kept = (turns - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor)
  const share = Math.min(1, Math.max(0, kept))
  return share * frequency + ((1 - share) * frequency) / factor
}
