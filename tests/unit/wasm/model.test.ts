// Whole models in ONNX Runtime beside the reference executor, by the same plans.
import { afterEach, describe, expect, test } from 'vitest'
import { relativeNormError } from '../../../src/base/relativeNormError'
import { recordWholeSession } from '../../../src/engine/session'
import { headLoss } from '../../../src/kernels/crossEntropy/headLoss'
import { makeRunInputs } from '../../../src/kernels/runInputs'
import { separateTensors } from '../../../src/models/model'
import type { Executor } from '../../../src/plan/executor'
import { Plan } from '../../../src/plan/plan'
import { persistentTensor, type Tensor } from '../../../src/plan/tensor'
import { ReferenceExecutor } from '../../../src/reference/executor'
import { stepScalars } from '../../../src/training/program'
import {
  expectEqual,
  modelRunSettings,
  modelVariants,
  onReference,
  RELATIVE_NORM,
  runModel,
  type Bench,
} from '../../helpers/modelRun'
import { tinyConfig, writeRandomBatch } from '../../helpers/tinyModel'
import { Random } from '../../../src/base/random'
import { wasmForTests } from '../../helpers/wasmForTests'

const device = wasmForTests()
const cleanups: (() => void)[] = []
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean()
  expect(Object.values(device.bytesByRole()).every((bytes) => bytes === 0)).toBe(true)
})

const freeLater = (executor: Executor, tensors: readonly Tensor[]) =>
  cleanups.push(() => {
    executor.dispose()
    for (const tensor of tensors) device.free(tensor)
  })
const onWasm: Bench = { build: (session) => device.build(session.plans), onDone: freeLater }

describe('ONNX Runtime agrees with the reference', () => {
  test.each(modelVariants)('%s', async (_, change, shape) => {
    const options = { ...modelRunSettings, ...change }
    const config = { ...tinyConfig, ...shape }
    const separate = await runModel(onWasm, config, options, separateTensors(config))
    expectEqual(separate, await runModel(onReference, config, options), RELATIVE_NORM)
  })

  test('on every weight of a model, when all are trained', async () => {
    const session = recordWholeSession(tinyConfig, modelRunSettings)
    const { whole, batch, training } = session
    const executors = [await device.build(session.plans), new ReferenceExecutor()]
    const outcomes = []
    for (const executor of executors) {
      const random = new Random(3)
      const normals = Float32Array.from({ length: whole.parameters.shape[0] ?? 0 }, () => 0.2 * random.normal())
      executor.write(whole.parameters, normals)
      const { table } = whole.model.positions
      const angles = Float32Array.from({ length: tinyConfig.maxTokens * tinyConfig.headWidth }, (__, i) => Math.cos(i))
      executor.write(table, angles)
      const labelled = writeRandomBatch((tensor, data) => executor.write(tensor, data), batch, tinyConfig.vocabulary)
      executor.write(batch.run.scalars, stepScalars(0, labelled, 1e-3))
      executor.run(training.micro)
      const gradients = new Float32Array(await executor.read(whole.gradients))
      executor.run(training.update)
      outcomes.push([gradients, new Float32Array(await executor.read(whole.parameters))])
    }
    const [actual = [], expected = []] = outcomes
    actual.forEach((values, index) => {
      expect(relativeNormError(values, expected[index] ?? [])).toBeLessThan(RELATIVE_NORM)
    })
    const [first] = executors
    if (first) freeLater(first, session.owned)
  })

  test('on a head whose rows go through in chunks', async () => {
    const [rows, width, vocabulary] = [150, 8, 12]
    const plan = new Plan('head', { isTraining: true })
    const staging = { role: 'staging' } as const
    const x = persistentTensor('x', [1, rows, width], { ...staging, needsGradient: true })
    const dx = persistentTensor('dx', [1, rows, width], staging)
    const weight = persistentTensor('head', [vocabulary, width], { role: 'weights' })
    const labels = persistentTensor('labels', [rows], { ...staging, dtype: 'u32' })
    const rowLoss = persistentTensor('row loss', [rows], staging)
    const inputs = makeRunInputs()
    plan.setGradient(x, dx)
    const head = [{ kind: 'float32', weight }] as const
    headLoss(plan, x, head, { labels, inputs, chunkRows: 64, rowLoss })
    const executors = [await device.build([plan]), new ReferenceExecutor()]
    const outcomes = []
    for (const executor of executors) {
      const random = new Random(3)
      const normals = (length: number) => Float32Array.from({ length }, () => random.normal())
      executor.write(x, normals(rows * width))
      executor.write(weight, normals(vocabulary * width))
      executor.write(
        labels,
        Uint32Array.from({ length: rows }, () => random.integer(vocabulary)),
      )
      executor.write(inputs.scalars, stepScalars(0, rows, 0))
      executor.run(plan)
      outcomes.push([...new Float32Array(await executor.read(dx)), ...new Float32Array(await executor.read(rowLoss))])
    }
    expect(relativeNormError(outcomes[0] ?? [], outcomes[1] ?? [])).toBeLessThan(1e-6)
    const { scalars, counters, metrics } = inputs
    const [first] = executors
    if (first) freeLater(first, [x, dx, weight, labels, rowLoss, scalars, counters, metrics])
  })
})
