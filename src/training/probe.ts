// The logits of a model on a few tokens, whole, so that two models can be compared token by token.
import { recordHeadForward } from '../kernels/crossEntropy/head'
import type { LoraAdapter } from '../models/lora'
import { modelHidden, type Model } from '../models/model'
import type { Executor } from '../plan/executor'
import { Plan } from '../plan/plan'
import { persistentTensor, type Tensor } from '../plan/tensor'
import { IGNORED_LABEL, type TokenSet } from '../text/types'
import { gatherSequences, writeSequences, type Sequences } from './evaluation'
import { declareBatch, type BatchInputs } from './program'

/** More rows say little more; of a large vocabulary this many bytes of logits are kept. */
const MOST_ROWS = 256
const MOST_BYTES = 64 * 2 ** 20

/** Sequences of one length, and the rows of them that predict a labelled token. */
export interface Probe {
  readonly sequenceLength: number
  readonly sequences: readonly Sequences[]
}

/** The first sequences of `set`, as many as can be compared, cut where one is too long for that. */
export function probeOf(set: TokenSet, vocabulary: number): Probe {
  const rows = Math.max(1, Math.min(MOST_ROWS, Math.floor(MOST_BYTES / (4 * vocabulary))))
  const sequenceLength = Math.min(set.sequenceLength, rows)
  const count = Math.min(set.sequences, Math.max(1, Math.floor(rows / sequenceLength)))
  const sequences = Array.from({ length: count }, (_, index) => {
    const whole = gatherSequences(set, [index], { batchSize: 1, sequenceLength: set.sequenceLength })
    const cut = (values: Uint32Array) => values.slice(0, sequenceLength)
    return { tokens: cut(whole.tokens), labels: cut(whole.labels), positions: cut(whole.positions) }
  })
  return { sequenceLength, sequences }
}

/** True when both ask the same. */
export function isSameProbe(a: Probe, b: Probe): boolean {
  const keyOf = ({ sequences }: Probe) => sequences.flatMap(({ tokens, labels }) => [...tokens, -1, ...labels]).join()
  return keyOf(a) === keyOf(b)
}

export interface ProbePlan {
  readonly plan: Plan
  readonly batch: BatchInputs
  /** f32 [T, V] */
  readonly logits: Tensor
}

export function recordProbe(model: Model, adapter: LoraAdapter | null, { sequenceLength }: Probe): ProbePlan {
  const plan = new Plan('logits')
  const batch = declareBatch({ batchSize: 1, sequenceLength })
  const adapterUse = adapter && { adapter, dropout: 0, inputs: batch.run }
  const logits = persistentTensor('all logits', [sequenceLength, model.config.vocabulary], { role: 'staging' })
  recordHeadForward(plan, { x: modelHidden(plan, model, { ...batch, adapterUse }), head: model.head, logits })
  return { plan: plan.finish(), batch, logits }
}

/** The logits of every row that predicts a labelled token, one row after the other. */
export async function probeLogits(executor: Executor, { plan, batch, logits }: ProbePlan, probe: Probe) {
  const vocabulary = logits.shape[1] ?? 1
  const labelled = probe.sequences.flatMap(({ labels }) => [...labels]).filter((label) => label !== IGNORED_LABEL)
  const kept = new Float32Array(labelled.length * vocabulary)
  let at = 0
  for (const sequence of probe.sequences) {
    writeSequences(executor, batch, sequence)
    executor.run(plan)
    const rows = labelledRows(new Float32Array(await executor.read(logits)), sequence)
    kept.set(rows, at)
    at += rows.length
  }
  return kept
}

/** Of the logits of a whole sequence, those of the rows that predict a labelled token. */
export function labelledRows(logits: Float32Array, { labels }: Sequences): Float32Array {
  const vocabulary = logits.length / labels.length
  const rows = [...labels.keys()].filter((row) => labels[row] !== IGNORED_LABEL)
  const kept = new Float32Array(rows.length * vocabulary)
  for (const [at, row] of rows.entries()) {
    kept.set(logits.subarray(row * vocabulary, (row + 1) * vocabulary), at * vocabulary)
  }
  return kept
}

export function firstSequence(probe: Probe): Probe {
  return { ...probe, sequences: probe.sequences.slice(0, 1) }
}
