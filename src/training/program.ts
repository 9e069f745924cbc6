// The plans of a training run, recorded once before anything is allocated: one micro-batch forward and
// backward, one optimizer update, one evaluation batch.
import { adamw } from '../kernels/adamw/adamw'
import { headLoss } from '../kernels/crossEntropy/headLoss'
import { gradientNorm } from '../kernels/gradientNorm/gradientNorm'
import {
  counterIndex,
  COUNTER_COUNT,
  makeRunInputs,
  SCALAR_COUNT,
  scalarIndex,
  type RunInputs,
} from '../kernels/runInputs'
import { modelHidden, type Model } from '../models/model'
import type { LoraAdapter } from '../models/lora'
import type { WholeModel } from '../models/wholeModel'
import { Plan } from '../plan/plan'
import { elementCount, persistentTensor, type Tensor } from '../plan/tensor'

export const optimizerConstants = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const

export interface BatchShape {
  readonly batchSize: number
  readonly sequenceLength: number
}

/** One batch of token sequences as the plans read it. */
export interface BatchInputs {
  /** u32 [B, T] */
  readonly tokens: Tensor
  /** u32 [B * T]: the next token, or IGNORED_LABEL */
  readonly labels: Tensor
  /** u32 [B, T] */
  readonly positions: Tensor
  readonly run: RunInputs
}

export function declareBatch({ batchSize, sequenceLength }: BatchShape): BatchInputs {
  const rows = batchSize * sequenceLength
  const input = (name: string, shape: number[]) => persistentTensor(name, shape, { role: 'staging', dtype: 'u32' })
  return {
    tokens: input('tokens', [batchSize, sequenceLength]),
    labels: input('labels', [rows]),
    positions: input('positions', [batchSize, sequenceLength]),
    run: makeRunInputs(),
  }
}

/** Positions 0 … T-1 of every sequence: constant, written once. */
export function positionsOf({ batchSize, sequenceLength }: BatchShape): Uint32Array {
  return Uint32Array.from({ length: batchSize * sequenceLength }, (_, index) => index % sequenceLength)
}

export interface TrainingPlans {
  /** Forward and backward of one micro-batch; adds to the gradients of what is trained. */
  readonly micro: Plan
  /** Norm, clipping, AdamW; leaves the gradients zero. */
  readonly update: Plan
}

export interface TrainingPlanSettings {
  readonly dropout: number
  readonly usesCheckpointing: boolean
  readonly maxGradientNorm: number
  readonly weightDecay: number
}

/** What is trained: an adapter beside a frozen model, or the model itself. */
export function recordTraining(
  model: Model,
  trained: LoraAdapter | WholeModel,
  batch: BatchInputs,
  { dropout, usesCheckpointing, maxGradientNorm, weightDecay }: TrainingPlanSettings,
): TrainingPlans {
  const micro = new Plan('training step', { isTraining: true })
  const adapterUse = 'pairs' in trained ? { adapter: trained, dropout, inputs: batch.run } : null
  if (!('pairs' in trained)) {
    for (const [weight, gradient] of trained.gradientOf) micro.setGradient(weight, gradient)
  }
  const hidden = modelHidden(micro, model, { ...batch, adapterUse, usesCheckpointing })
  const { labels, run: inputs } = batch
  headLoss(micro, hidden, model.head, { labels, inputs, spareBytes: blockBytes(model, batch) })
  micro.backward()
  micro.finish()

  const update = new Plan('optimizer update')
  const { parameters, gradients, firstMoment, secondMoment } = trained
  const clip = gradientNorm(update, gradients, { inputs: batch.run, maxNorm: maxGradientNorm })
  const state = { parameters, gradients, firstMoment, secondMoment, clip }
  adamw(update, state, { inputs: batch.run, ...optimizerConstants, weightDecay })
  update.finish()
  return { micro, update }
}

/** What the plans read of step `step` (from 0), in which `tokens` tokens have a label. */
export function stepScalars(step: number, tokens: number, learningRate: number): Float32Array {
  const scalars = new Float32Array(SCALAR_COUNT)
  // A batch without a label adds nothing; prepareCorpus makes sure that not all of them are such.
  scalars[scalarIndex.lossScale] = tokens > 0 ? 1 / tokens : 0
  scalars[scalarIndex.learningRate] = learningRate
  scalars[scalarIndex.firstMomentCorrection] = 1 / (1 - optimizerConstants.beta1 ** (step + 1))
  scalars[scalarIndex.secondMomentCorrection] = 1 / (1 - optimizerConstants.beta2 ** (step + 1))
  return scalars
}

/** What the plans read of one micro-batch: its stream of random numbers and its row among the metrics. */
export function stepCounters(seed: number, microStep: number, row: number): Uint32Array {
  const counters = new Uint32Array(COUNTER_COUNT)
  counters[counterIndex.seed] = seed
  counters[counterIndex.microStep] = microStep
  counters[counterIndex.ringRow] = row
  return counters
}

export interface EvaluationPlan {
  readonly plan: Plan
  /** f32 [B * T]: cross-entropy of each labelled token in nats, 0 for the others. */
  readonly rowLoss: Tensor
}

export function recordEvaluation(model: Model, adapter: LoraAdapter | null, batch: BatchInputs): EvaluationPlan {
  const plan = new Plan(adapter ? 'evaluation with adapter' : 'evaluation of the base')
  const rowLoss = persistentTensor('row losses', [elementCount(batch.labels)], { role: 'staging' })
  const adapterUse = adapter && { adapter, dropout: 0, inputs: batch.run }
  const hidden = modelHidden(plan, model, { ...batch, adapterUse })
  const { labels, run: inputs } = batch
  headLoss(plan, hidden, model.head, { labels, inputs, rowLoss, spareBytes: blockBytes(model, batch) })
  return { plan: plan.finish(), rowLoss }
}

/**
 * What a block needs before and after the head's turn, and a buffer of logits can hold for it: two of its widest
 * activations, such as what is read of gate and up, or written of their gradients.
 */
function blockBytes({ config }: Model, { labels }: BatchInputs): number {
  return 2 * 4 * elementCount(labels) * config.feedForward
}
