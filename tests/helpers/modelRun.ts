// Everything a run does, on any executor: two micro-batches and their gradients, one update, an evaluation, a prompt and a
// token. Two executors must agree on all of it.
import { expect } from 'vitest'
import { relativeNormError } from '../../src/base/relativeNormError'
import { recordTrainingSession, type TrainingSession } from '../../src/engine/session'
import { COUNTER_COUNT, counterIndex, SCALAR_COUNT, scalarIndex } from '../../src/kernels/runInputs'
import type { ModelConfig } from '../../src/models/config'
import { gpt2LinearNames } from '../../src/models/families/family'
import { tensorsOfModel, type Precision } from '../../src/models/model'
import type { Executor } from '../../src/plan/executor'
import type { Tensor } from '../../src/plan/tensor'
import { ReferenceExecutor } from '../../src/reference/executor'
import type { TrainingSettings } from '../../src/training/types'
import {
  joinedConfig,
  loadRandomModel,
  tinyFamilies,
  warmParameters,
  writeRandomBatch,
  type RandomModelOptions,
} from './tinyModel'

export const modelRunSettings: TrainingSettings = {
  precision: 'float32',
  rank: 5,
  alpha: 10,
  usesRsLora: false,
  dropout: 0,
  targets: ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'],
  learningRate: 1e-2,
  schedule: 'constant',
  warmupSteps: 0,
  weightDecay: 0.1,
  maxGradientNorm: 0.5,
  steps: 3,
  batchSize: 2,
  accumulation: 2,
  sequenceLength: 21,
  usesCheckpointing: false,
  validationShare: 0,
  evaluateEvery: 0,
  seed: 1,
}

// float32 against float64 sums through two layers: rounding of relative size 1e-7 grows by about a hundred
// operations in a row; issue-level targets (1e-4) leave room for float32 devices that contract differently.
export const RELATIVE_NORM = 1e-4

export interface Outcome {
  readonly losses: number[]
  readonly gradients: Float32Array[]
  readonly parameters: Float32Array
  readonly logits: Float32Array
}

/** Makes an executor for a session, and is told when it and the tensors it was given are done with. */
export interface Bench {
  readonly build: (session: TrainingSession) => Promise<Executor>
  readonly onDone: (executor: Executor, tensors: readonly Tensor[]) => void
}

export const onReference: Bench = { build: () => Promise.resolve(new ReferenceExecutor()), onDone: () => {} }

export async function runModel(
  { build, onDone }: Bench,
  config: ModelConfig,
  options: TrainingSettings,
  declared: RandomModelOptions = {},
): Promise<Outcome> {
  let writes: [Parameters<Executor['write']>[0], ArrayBufferView][] = []
  const model = await loadRandomModel(
    (tensor, data) => writes.push([tensor, data]),
    config,
    options.precision,
    declared,
  )
  const session = recordTrainingSession(model, options)
  const executor = await build(session)
  for (const [tensor, data] of writes) executor.write(tensor, data)
  writes = []
  const { adapter, batch, training, evaluation, generation } = session
  executor.write(adapter.parameters, warmParameters(adapter))
  const scalars = new Float32Array(SCALAR_COUNT)
  scalars[scalarIndex.learningRate] = options.learningRate
  scalars[scalarIndex.firstMomentCorrection] = 1 / (1 - 0.9)
  scalars[scalarIndex.secondMomentCorrection] = 1 / (1 - 0.999)
  const losses: number[] = []
  for (let micro = 0; micro < options.accumulation; micro++) {
    const labelled = writeRandomBatch((t, d) => executor.write(t, d), batch, config.vocabulary, 21 + micro)
    scalars[scalarIndex.lossScale] = 1 / (labelled * options.accumulation)
    const counters = new Uint32Array(COUNTER_COUNT)
    counters[counterIndex.seed] = 9
    counters[counterIndex.microStep] = micro
    counters[counterIndex.ringRow] = micro
    executor.write(batch.run.scalars, scalars)
    executor.write(batch.run.counters, counters)
    executor.run(training.micro)
    losses.push(new Float32Array(await executor.read(batch.run.metrics))[4 * micro] ?? Number.NaN)
  }
  const gradients: Float32Array[] = []
  for (const { dA, dB } of adapter.pairs) {
    for (const tensor of [dA, dB]) gradients.push(new Float32Array(await executor.read(tensor)))
  }
  executor.run(training.update)
  const parameters = new Float32Array(await executor.read(adapter.parameters))
  executor.run(evaluation.plan)
  losses.push(new Float32Array(await executor.read(evaluation.rowLoss)).reduce((sum, loss) => sum + loss, 0))

  const prompt = Uint32Array.from({ length: 64 }, (_, i) => (i < 11 ? (7 * i) % config.vocabulary : 0))
  const counters = new Uint32Array(COUNTER_COUNT)
  counters[counterIndex.selectedRow] = 10
  executor.write(generation.prefill.tokens, prompt)
  executor.write(
    generation.prefill.positions,
    Uint32Array.from({ length: 64 }, (_, i) => i),
  )
  executor.write(generation.inputs.counters, counters)
  executor.run(generation.prefill.plan)
  counters[counterIndex.cachePosition] = 11
  counters[counterIndex.selectedRow] = 0
  executor.write(generation.decode.tokens, Uint32Array.of(3))
  executor.write(generation.decode.positions, Uint32Array.of(11))
  executor.write(generation.inputs.counters, counters)
  executor.run(generation.decode.plan)
  const logits = new Float32Array(await executor.read(generation.logits))
  onDone(executor, [...tensorsOfModel(model), ...session.owned])
  return { losses, gradients, parameters, logits }
}

export function expectEqual(actual: Outcome, expected: Outcome, tolerance: number): void {
  expect(relativeNormError(actual.losses, expected.losses)).toBeLessThan(tolerance)
  expect(relativeNormError(actual.logits, expected.logits)).toBeLessThan(tolerance)
  actual.gradients.forEach((gradient, index) => {
    expect(relativeNormError(gradient, expected.gradients[index] ?? []), `gradient ${index}`).toBeLessThan(tolerance)
  })
  expect(relativeNormError(actual.parameters, expected.parameters)).toBeLessThan(tolerance)
}

const biasedJoinedConfig = {
  ...joinedConfig,
  family: 'qwen2',
  linearsWithBias: tinyFamilies.qwen2.linearsWithBias,
} as const

export const modelVariants: [string, Partial<TrainingSettings>, Partial<ModelConfig>][] = [
  ['float32', {}, {}],
  ['int8', { precision: 'int8' as Precision }, {}],
  ['float16, and rows of 30 that stay float32', { precision: 'float16' as Precision }, tinyFamilies.qwen3],
  ['an untied head', {}, { hasTiedHead: false }],
  ['rsLoRA and dropout', { usesRsLora: true, dropout: 0.3 }, {}],
  ['gradient checkpointing', { usesCheckpointing: true, dropout: 0.3 }, {}],
  ['Qwen2', {}, tinyFamilies.qwen2],
  ['Qwen3', { usesCheckpointing: true }, tinyFamilies.qwen3],
  ['GPT-2', { targets: gpt2LinearNames, usesCheckpointing: true }, tinyFamilies.gpt2],
  ['linears of one input together', { rank: 8 }, joinedConfig],
  ['float16 linears of one input together', { precision: 'float16', rank: 8 }, joinedConfig],
  ['int8 linears of one input together', { precision: 'int8', rank: 4 }, { ...joinedConfig, family: 'qwen3' }],
  ['queries and values together', { targets: ['q_proj', 'v_proj'], rank: 8 }, biasedJoinedConfig],
  ['queries and values only', { targets: ['q_proj', 'v_proj'], rank: 1 }, { keyValueHeads: 3 }],
]
