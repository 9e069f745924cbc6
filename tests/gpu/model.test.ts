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
import { COUNTER_COUNT, counterIndex } from '../../src/kernels/runInputs'
import { declareModel, tensorsOfModel } from '../../src/models/model'
import { precisions, type Precision } from '../../src/plan/precision'
import type { Executor } from '../../src/plan/executor'
import { relativeNormError } from '../../src/base/relativeNormError'
import { ReferenceExecutor } from '../../src/reference/executor'
import { gpuForTests } from '../helpers/gpuForTests'
import {
  expectEqual,
  modelRunSettings,
  modelVariants,
  onReference,
  RELATIVE_NORM,
  runModel,
  type Bench,
} from '../helpers/modelRun'
import { joinedConfig, loadRandomModel, tinyConfig, tinyFamilies, writeRandomBatch } from '../helpers/tinyModel'

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

const onGpu: Bench = {
  build: (session) => GpuExecutor.build(gpu, session.plans, session.reads),
  onDone: (executor, tensors) => {
    cleanups.push(() => {
      executor.dispose()
      for (const tensor of tensors) gpu.free(tensor)
    })
  },
}

describe('the GPU agrees with the reference', () => {
  test.each(modelVariants)('%s', async (_, change, shape) => {
    const options = { ...modelRunSettings, ...change }
    const config = { ...tinyConfig, ...shape }
    expectEqual(await runModel(onGpu, config, options), await runModel(onReference, config, options), RELATIVE_NORM)
  })
})

test.each([
  ['tied', true],
  ['its own', false],
])('a vocabulary that lies in several buffers changes nothing, the head %s', async (_, hasTiedHead) => {
  const config = { ...tinyConfig, vocabulary: 150, hasTiedHead }
  const whole = await runModel(onGpu, config, modelRunSettings)
  const inParts = await runModel(onGpu, config, modelRunSettings, { maxPartRows: 64 })
  expect(inParts.losses.slice(0, 2)).toEqual(whole.losses.slice(0, 2)) // a logit is one sum, in whichever part
  expectEqual(inParts, whole, RELATIVE_NORM) // dx is the sum of as many sums as there are parts
  expectEqual(await runModel(onReference, config, modelRunSettings, { maxPartRows: 64 }), whole, RELATIVE_NORM)
})

test.each(['float32', 'int8'] as const)(
  'linears of one input together, in %s: the same to the bit forward',
  async (precision) => {
    const options = { ...modelRunSettings, precision, rank: 8 }
    const together = await runModel(onGpu, joinedConfig, options)
    const apart = await runModel(onGpu, joinedConfig, options, { joinsLinears: false })
    expect(together.losses.slice(0, options.accumulation)).toEqual(apart.losses.slice(0, options.accumulation))
    expectEqual(together, apart, RELATIVE_NORM) // dx is one sum where it was three that were added
  },
)

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
  const plain = await runModel(onGpu, tinyConfig, { ...modelRunSettings, dropout: 0.3 })
  const checkpointed = await runModel(onGpu, tinyConfig, { ...modelRunSettings, dropout: 0.3, usesCheckpointing: true })
  expectEqual(checkpointed, plain, 1e-7)
})

test.each(precisions)('in %s the ledger is what the plan said', async (precision) => {
  const model = await loadRandomModel((tensor, data) => gpu.write(tensor, data), tinyConfig, precision)
  const session = recordTrainingSession(model, { ...modelRunSettings, precision })
  const executor = await GpuExecutor.build(gpu, session.plans, session.reads)
  expect(gpu.arena.bytesByRole()).toEqual(sessionMemory(session))
  executor.dispose()
  for (const tensor of [...tensorsOfModel(model), ...session.owned]) gpu.free(tensor)
})

test('float16 linears and head take half of their float32 bytes', () => {
  const bytesIn = (precision: Precision) => linearWeightBytes(declareModel(tinyConfig, precision))
  expect(bytesIn('float16')).toBe(bytesIn('float32') / 2)
})

test('int8 linears and head with their scales take at most 0.27 of their float32 bytes', () => {
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
