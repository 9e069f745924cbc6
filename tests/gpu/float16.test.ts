// A base in halves beside the same base in float32 after rounding: what is computed is the same, so the answers are.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { halvesToFloats } from '../../src/base/float16'
import { relativeNormError } from '../../src/base/relativeNormError'
import { recordTrainingSession, type TrainingSession } from '../../src/engine/session'
import { GpuExecutor } from '../../src/gpu/executor'
import type { Gpu } from '../../src/gpu/gpu'
import { tensorsOfModel, type Precision } from '../../src/models/model'
import { roundToHalves } from '../../src/models/quantize'
import type { Executor } from '../../src/plan/executor'
import type { Tensor } from '../../src/plan/tensor'
import { ReferenceExecutor } from '../../src/reference/executor'
import type { TrainingSettings } from '../../src/training/types'
import { gpuForTests } from '../helpers/gpuForTests'
import { modelRunSettings, runModel, type Bench } from '../helpers/modelRun'
import { trainerFor } from '../helpers/shortTraining'
import { joinedConfig, loadRandomModel, tinyConfig } from '../helpers/tinyModel'

let gpu: Gpu
beforeAll(async () => {
  gpu = await gpuForTests()
})
const cleanups: (() => void)[] = []
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean()
})
afterAll(() => gpu?.dispose())

const freeLater = (executor: Executor, tensors: readonly Tensor[]) => {
  cleanups.push(() => {
    executor.dispose()
    for (const tensor of tensors) gpu.free(tensor)
  })
}
const onGpu: Bench = {
  build: (session) => GpuExecutor.build(gpu, session.plans, session.reads),
  onDone: freeLater,
}

/** What halves make of a matrix; norms stay as they are. */
function rounded(values: Float32Array, shape: readonly number[]): Float32Array {
  return shape.length === 2 ? halvesToFloats(roundToHalves(values) ?? new Uint16Array()) : values
}

test('a run on halves gives every number of a run on the floats that they are', async () => {
  const halves = await runModel(onGpu, joinedConfig, { ...modelRunSettings, precision: 'float16' })
  const floats = await runModel(onGpu, joinedConfig, modelRunSettings, { stored: rounded })
  // The same operations on the same numbers: a compiler may only fuse them otherwise, an error or two of 2^-24 in each.
  expect(relativeNormError(halves.losses, floats.losses)).toBeLessThan(1e-6)
  expect(relativeNormError(halves.logits, floats.logits)).toBeLessThan(1e-6)
  expect(relativeNormError(halves.parameters, floats.parameters)).toBeLessThan(1e-6)
  const unrounded = await runModel(onGpu, joinedConfig, modelRunSettings)
  expect(relativeNormError(unrounded.logits, floats.logits)).toBeGreaterThan(1e-5)
})

const settings: TrainingSettings = {
  ...modelRunSettings,
  targets: ['q_proj', 'v_proj', 'down_proj'],
  dropout: 0.1,
  learningRate: 3e-3,
  steps: 30,
  batchSize: 1,
  accumulation: 1,
  sequenceLength: 16,
}

async function train(build: (session: TrainingSession) => Promise<Executor>, base: Precision) {
  const writes: [Tensor, ArrayBufferView][] = []
  const config = { ...tinyConfig, layers: 1 }
  const stored = base === 'float32' ? { stored: rounded } : {}
  const model = await loadRandomModel((tensor, data) => writes.push([tensor, data]), config, base, stored)
  const session = recordTrainingSession(model, { ...settings, precision: base })
  const executor = await build(session)
  for (const [tensor, data] of writes) executor.write(tensor, data)
  const losses: number[] = []
  const trainer = trainerFor(session, settings, executor, (event) => {
    if (event.kind === 'step') losses.push(event.loss)
  })
  await trainer.run(null)
  const adapter = new Float32Array(await executor.read(session.adapter.parameters))
  freeLater(executor, [...tensorsOfModel(model), ...session.owned])
  return { losses, adapter }
}

test('30 steps on halves are those of the reference on the floats that they are', async () => {
  const halves = await train((session) => GpuExecutor.build(gpu, session.plans, session.reads), 'float16')
  const floats = await train(() => Promise.resolve(new ReferenceExecutor()), 'float32')
  expect(halves.losses).toHaveLength(30)
  // As for the goldens of PyTorch: what rounding of sums makes of a loss, and of an adapter after its steps.
  expect(relativeNormError(halves.losses, floats.losses)).toBeLessThan(1e-4)
  expect(relativeNormError(halves.adapter, floats.adapter)).toBeLessThan(1e-3)
})
