// How far one model's predictions are from another's, token by token.
import { argmax } from '../base/argmax'
import { logSumExp } from '../base/logSumExp'
import type { Measurement } from '../base/measurement'

export interface Divergence {
  /** Kullback-Leibler divergence of the model from the reference, in nats per token; its spread is the standard error. */
  readonly divergence: Measurement
  /** Share of tokens of which both say the same one is likeliest; its spread is the standard error. */
  readonly agreement: Measurement
}

/**
 * Compares rows of logits, [M, V] each: KL(reference || model) = sum p_ref (log p_ref - log p_model), summed in
 * float64.
 */
export function divergenceOf(reference: Float32Array, model: Float32Array, vocabulary: number): Divergence {
  const rows = reference.length / vocabulary
  const divergences: number[] = []
  let agreeing = 0
  for (let row = 0; row < rows; row++) {
    const a = reference.subarray(row * vocabulary, (row + 1) * vocabulary)
    const b = model.subarray(row * vocabulary, (row + 1) * vocabulary)
    divergences.push(rowDivergence(a, b))
    if (argmax(a) === argmax(b)) agreeing += 1
  }
  const share = agreeing / rows
  return {
    divergence: meanOf(divergences),
    agreement: { value: share, spread: Math.sqrt((share * (1 - share)) / rows), n: rows },
  }
}

function rowDivergence(reference: Float32Array, model: Float32Array): number {
  const normalizer = logSumExp(reference)
  const modelNormalizer = logSumExp(model)
  let sum = 0
  for (let id = 0; id < reference.length; id++) {
    const logProbability = reference[id]! - normalizer
    sum += Math.exp(logProbability) * (logProbability - (model[id]! - modelNormalizer))
  }
  return Math.max(0, sum) // rounding can make the divergence of equals a hair negative
}

/** Mean, with its standard error. */
function meanOf(values: readonly number[]): Measurement {
  const n = values.length
  const value = values.reduce((sum, one) => sum + one, 0) / n
  const variance = values.reduce((sum, one) => sum + (one - value) ** 2, 0) / Math.max(1, n - 1)
  return { value, spread: Math.sqrt(variance / n), n }
}
