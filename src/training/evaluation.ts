// Mean loss over a token set, summed on the host in float64, with its standard error over sequences.
import type { Measurement } from '../base/measurement'
import type { Executor } from '../plan/executor'
import { IGNORED_LABEL, type TokenSet } from '../text/types'
import { positionsOf, type BatchInputs, type BatchShape, type EvaluationPlan } from './program'

export interface EvaluationResult extends Measurement {
  readonly tokens: number
  /** When asked for. As long as the set's labels: the loss of each labelled token, 0 where there is no label. */
  readonly tokenLosses?: Float32Array
}

export interface EvaluationOptions {
  readonly wantsTokenLosses?: boolean
  /** Called after every batch with the sequences done and all of them. */
  readonly onProgress?: (done: number, all: number) => void
}

/**
 * Mean cross-entropy per labelled token, in nats. `n` counts sequences; `spread` is the standard error of the
 * mean, from the sequences' own means weighted by their tokens. The batch's last sequences may be empty.
 */
export async function evaluate(
  executor: Executor,
  { plan, rowLoss }: EvaluationPlan,
  batch: BatchInputs,
  shape: BatchShape,
  set: TokenSet,
  { wantsTokenLosses = false, onProgress }: EvaluationOptions = {},
): Promise<EvaluationResult> {
  const sums: { loss: number; tokens: number }[] = []
  const tokenLosses = wantsTokenLosses ? new Float32Array(set.labels.length) : null
  for (let first = 0; first < set.sequences; first += shape.batchSize) {
    const gathered = gatherSequences(set, range(first, shape.batchSize), shape)
    const { labels } = gathered
    writeSequences(executor, batch, gathered)
    executor.run(plan)
    const losses = new Float32Array(await executor.read(rowLoss))
    const start = first * shape.sequenceLength
    tokenLosses?.set(losses.subarray(0, tokenLosses.length - start), start)
    for (let sequence = 0; sequence < shape.batchSize && first + sequence < set.sequences; sequence++) {
      sums.push(sumSequence(losses, labels, sequence * shape.sequenceLength, shape.sequenceLength))
    }
    onProgress?.(Math.min(first + shape.batchSize, set.sequences), set.sequences)
  }
  const counted = sums.filter((one) => one.tokens > 0)
  const tokens = counted.reduce((sum, one) => sum + one.tokens, 0)
  const mean = counted.reduce((sum, one) => sum + one.loss, 0) / tokens
  const squares = counted.reduce((sum, one) => sum + (one.loss - mean * one.tokens) ** 2, 0)
  const n = counted.length
  const spread = n > 1 ? Math.sqrt((squares * n) / (n - 1)) / tokens : 0
  return { value: mean, spread, n, tokens, ...(tokenLosses ? { tokenLosses } : {}) }
}

export interface Sequences {
  readonly tokens: Uint32Array
  readonly labels: Uint32Array
  /** Where each token stands in its document. */
  readonly positions: Uint32Array
}

export function writeSequences(executor: Executor, batch: BatchInputs, { tokens, labels, positions }: Sequences): void {
  executor.write(batch.tokens, tokens)
  executor.write(batch.labels, labels)
  executor.write(batch.positions, positions)
}

/** The named sequences, in order; sequences past the end are padding without labels. */
export function gatherSequences(
  set: TokenSet,
  indexes: ArrayLike<number>,
  { batchSize, sequenceLength }: BatchShape,
): Sequences {
  const tokens = new Uint32Array(batchSize * sequenceLength)
  const labels = new Uint32Array(batchSize * sequenceLength).fill(IGNORED_LABEL)
  const positions = positionsOf({ batchSize, sequenceLength })
  for (let row = 0; row < batchSize; row++) {
    const index = indexes[row]
    if (index === undefined || index >= set.sequences) continue
    const start = index * sequenceLength
    tokens.set(set.tokens.subarray(start, start + sequenceLength), row * sequenceLength)
    labels.set(set.labels.subarray(start, start + sequenceLength), row * sequenceLength)
    for (let t = 0; set.documentStarts && t < sequenceLength; t++) {
      positions[row * sequenceLength + t] = t - (set.documentStarts[start + t] ?? 0)
    }
  }
  return { tokens, labels, positions }
}

function sumSequence(losses: Float32Array, labels: Uint32Array, start: number, length: number) {
  let loss = 0
  let tokens = 0
  for (let i = start; i < start + length; i++) {
    if (labels[i] === IGNORED_LABEL) continue
    loss += losses[i] ?? Number.NaN
    tokens += 1
  }
  return { loss, tokens }
}

function range(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index)
}
