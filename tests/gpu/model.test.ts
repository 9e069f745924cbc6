// A whole model on both executors: loss, logits, every adapter gradient, the optimizer, int8, checkpointing,
// and the ledger against the plan.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  linearWeightBytes,
  recordGenerationSession,
  recordProbeSession,
  recordTrainingSession,
  sessionMemory,
} from '../../src/engine/session'
import { GpuExecutor } from '../../src/gpu/executor'
import { Gpu } from '../../src/gpu/gpu'
import { COUNTER_COUNT, counterIndex, SCALAR_COUNT, scalarIndex } from '../../src/kernels/runInputs'
import type { ModelConfig } from '../../src/models/config'
import { gpt2LinearNames } from '../../src/models/families/family'
import { declareModel, tensorsOfModel, type DeclareOptions, type Precision } from '../../src/models/model'
import type { Executor } from '../../src/plan/executor'
import { relativeNormError } from '../../src/base/relativeNormError'
import { ReferenceExecutor } from '../../src/reference/executor'
import type { TrainingSettings } from '../../src/training/types'
import { gpuForTests } from '../helpers/gpuForTests'
import { loadRandomModel, tinyConfig, tinyFamilies, warmParameters, writeRandomBatch } from '../helpers/tinyModel'

const settings: TrainingSettings = {
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
const RELATIVE_NORM = 1e-4

interface Outcome {
  readonly losses: number[]
  readonly gradients: Float32Array[]
  readonly parameters: Float32Array
  readonly logits: Float32Array
}

let gpu: Gpu
beforeAll(async () => {
  gpu = await gpuForTests()
})
const cleanups: (() => void)[] = []
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean()
  expect(Object.values(gpu.arena.bytesByRole()).every((bytes) => bytes === 0)).toBe(true)
})
afterAll(() => gpu?.dispose())

/** Two micro-batches, their gradients, one update, one prefill: everything a run does, on any executor. */
async function runOn(
  build: (session: ReturnType<typeof recordTrainingSession>) => Promise<Executor>,
  config: ModelConfig,
  options: TrainingSettings,
  declared: DeclareOptions = {},
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
  cleanups.push(() => {
    executor.dispose()
    for (const tensor of [...tensorsOfModel(model), ...session.owned]) gpu.free(tensor)
  })
  return { losses, gradients, parameters, logits }
}

const onGpu = (session: ReturnType<typeof recordTrainingSession>) =>
  GpuExecutor.build(gpu, session.plans, session.reads)
const onReference = () => Promise.resolve(new ReferenceExecutor())

function expectEqual(actual: Outcome, expected: Outcome, tolerance: number): void {
  expect(relativeNormError(actual.losses, expected.losses)).toBeLessThan(tolerance)
  expect(relativeNormError(actual.logits, expected.logits)).toBeLessThan(tolerance)
  actual.gradients.forEach((gradient, index) => {
    expect(relativeNormError(gradient, expected.gradients[index] ?? []), `gradient ${index}`).toBeLessThan(tolerance)
  })
  expect(relativeNormError(actual.parameters, expected.parameters)).toBeLessThan(tolerance)
}

const variants: [string, Partial<TrainingSettings>, Partial<ModelConfig>][] = [
  ['float32', {}, {}],
  ['int8', { precision: 'int8' as Precision }, {}],
  ['an untied head', {}, { hasTiedHead: false }],
  ['rsLoRA and dropout', { usesRsLora: true, dropout: 0.3 }, {}],
  ['gradient checkpointing', { usesCheckpointing: true, dropout: 0.3 }, {}],
  ['Qwen2', {}, tinyFamilies.qwen2],
  ['Qwen3', { usesCheckpointing: true }, tinyFamilies.qwen3],
  ['GPT-2', { targets: gpt2LinearNames, usesCheckpointing: true }, tinyFamilies.gpt2],
  ['queries and values only', { targets: ['q_proj', 'v_proj'], rank: 1 }, { keyValueHeads: 3 }],
]

describe('the GPU agrees with the reference', () => {
  test.each(variants)('%s', async (_, change, shape) => {
    const options = { ...settings, ...change }
    const config = { ...tinyConfig, ...shape }
    expectEqual(await runOn(onGpu, config, options), await runOn(onReference, config, options), RELATIVE_NORM)
  })
})

test.each([
  ['tied', true],
  ['its own', false],
])('a vocabulary that lies in several buffers changes nothing, the head %s', async (_, hasTiedHead) => {
  const config = { ...tinyConfig, vocabulary: 150, hasTiedHead }
  const whole = await runOn(onGpu, config, settings)
  const inParts = await runOn(onGpu, config, settings, { maxPartRows: 64 })
  expect(inParts.losses.slice(0, 2)).toEqual(whole.losses.slice(0, 2)) // a logit is one sum, in whichever part
  expectEqual(inParts, whole, RELATIVE_NORM) // dx is the sum of as many sums as there are parts
  expectEqual(await runOn(onReference, config, settings, { maxPartRows: 64 }), whole, RELATIVE_NORM)
})

test.each(['block', 'row'] as const)(
  'int8 activations, a scale for each %s: the GPU agrees with the reference',
  async (group) => {
    const outcomes: Float32Array[] = []
    for (const executor of [null, new ReferenceExecutor()]) {
      const writes: [Parameters<Executor['write']>[0], ArrayBufferView][] = []
      const weights = await loadRandomModel((tensor, data) => writes.push([tensor, data]), tinyConfig, 'int8')
      const model = { ...weights, int8Activations: group }
      const session = recordProbeSession(model, null, { sequenceLength: 21, sequences: [] })
      expect(session.plans[0]?.steps.map(({ kernel }) => kernel.name)).toContain('linear/forwardInt8/int8')
      const on = executor ?? (await GpuExecutor.build(gpu, session.plans, session.reads))
      for (const [tensor, data] of writes) on.write(tensor, data)
      writeRandomBatch((tensor, data) => on.write(tensor, data), session.probe.batch, tinyConfig.vocabulary)
      on.run(session.probe.plan)
      outcomes.push(new Float32Array(await on.read(session.probe.logits)))
      on.dispose()
      for (const tensor of [...tensorsOfModel(weights), ...session.owned]) gpu.free(tensor)
    }
    const [actual = [], expected = []] = outcomes
    // A value on the border between two integers may fall to either side: a whole step of one activation.
    expect(relativeNormError(actual, expected)).toBeLessThan(2e-3)
  },
)

test('gradient checkpointing gives the gradients of the plain run', async () => {
  const plain = await runOn(onGpu, tinyConfig, { ...settings, dropout: 0.3 })
  const checkpointed = await runOn(onGpu, tinyConfig, { ...settings, dropout: 0.3, usesCheckpointing: true })
  expectEqual(checkpointed, plain, 1e-7)
})

test.each(['float32', 'int8'] as const)('in %s the ledger is what the plan said', async (precision) => {
  const model = await loadRandomModel((tensor, data) => gpu.write(tensor, data), tinyConfig, precision)
  const session = recordTrainingSession(model, { ...settings, precision })
  const executor = await GpuExecutor.build(gpu, session.plans, session.reads)
  expect(gpu.arena.bytesByRole()).toEqual(sessionMemory(session))
  executor.dispose()
  for (const tensor of [...tensorsOfModel(model), ...session.owned]) gpu.free(tensor)
})

test('int8 linears with their scales take at most 0.27 of their float32 bytes', () => {
  const ratio =
    linearWeightBytes(declareModel(tinyConfig, 'int8')) / linearWeightBytes(declareModel(tinyConfig, 'float32'))
  expect(ratio).toBeLessThanOrEqual(0.27)
})

test.each(Object.values({ llama: tinyConfig, ...tinyFamilies }))(
  '$family: decoding token by token gives the logits of one prefill',
  async (config) => {
    const model = await loadRandomModel((tensor, data) => gpu.write(tensor, data), config, 'float32')
    const session = recordGenerationSession(model, null, 64)
    const executor = await GpuExecutor.build(gpu, session.plans, session.reads)
    const { prefill, decode, inputs, logits } = session.generation
    const ids = [5, 12, 33, 2, 60, 41, 7]
    const submit = (one: typeof prefill, tokens: number[], start: number) => {
      const count = one.tokens.shape[1] ?? 1
      const padded = new Uint32Array(count)
      padded.set(tokens)
      const counters = new Uint32Array(COUNTER_COUNT)
      counters[counterIndex.cachePosition] = start
      counters[counterIndex.selectedRow] = tokens.length - 1
      executor.write(one.tokens, padded)
      executor.write(
        one.positions,
        Uint32Array.from({ length: count }, (_, i) => Math.min(start + i, 63)),
      )
      executor.write(inputs.counters, counters)
      executor.run(one.plan)
    }
    submit(prefill, ids, 0)
    const atOnce = new Float32Array(await executor.read(logits))
    ids.forEach((id, position) => submit(decode, [id], position))
    const oneByOne = new Float32Array(await executor.read(logits))
    expect(relativeNormError(oneByOne, atOnce)).toBeLessThan(1e-5)
    executor.dispose()
    for (const tensor of [...tensorsOfModel(model), ...session.owned]) gpu.free(tensor)
  },
)
