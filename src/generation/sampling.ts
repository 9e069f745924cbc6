// The next token from logits. Pure and seeded: the same logits, settings and position give the same token.
import { argmax } from '../base/argmax'
import { logSumExp } from '../base/logSumExp'
import { Random } from '../base/random'
import type { SamplingSettings } from './types'

/** One token id. `position` makes each draw of a text its own. */
export function sampleToken(
  logits: Float32Array,
  { temperature, topK, topP, seed }: SamplingSettings,
  position: number,
): number {
  if (temperature <= 0) return argmax(logits)
  const order = Array.from(logits.keys()).sort((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0) || a - b)
  const kept = topK > 0 ? order.slice(0, topK) : order
  const top = logits[kept[0] ?? 0] ?? 0
  const weights = kept.map((id) => Math.exp(((logits[id] ?? 0) - top) / temperature))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const nucleus = nucleusSize(weights, topP * total)
  const mass = weights.slice(0, nucleus).reduce((sum, weight) => sum + weight, 0)
  let remaining = new Random(seed, position).uniform() * mass
  for (let index = 0; index < nucleus; index++) {
    remaining -= weights[index] ?? 0
    if (remaining < 0) return kept[index] ?? 0
  }
  return kept[nucleus - 1] ?? 0
}

/** How likely the model itself held this token, before any temperature or cut. */
export function probabilityOf(token: number, logits: Float32Array): number {
  return Math.exp((logits[token] ?? Number.NEGATIVE_INFINITY) - logSumExp(logits))
}

/** How many of the descending weights it takes to reach `mass`; at least one. */
function nucleusSize(weights: readonly number[], mass: number): number {
  let sum = 0
  for (const [index, weight] of weights.entries()) {
    sum += weight
    if (sum >= mass) return index + 1
  }
  return weights.length
}
