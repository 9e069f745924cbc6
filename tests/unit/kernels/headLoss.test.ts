// The loss and its gradient at the hidden states, in float64: against central differences, and the same
// with and without chunks.
import { expect, test } from 'vitest'
import { Random } from '../../../src/base/random'
import { IGNORED_LABEL } from '../../../src/kernels/crossEntropy/crossEntropy'
import type { Head } from '../../../src/kernels/crossEntropy/head'
import { headLoss } from '../../../src/kernels/crossEntropy/headLoss'
import { counterIndex, makeRunInputs, metricIndex, RING_FIELDS, scalarIndex } from '../../../src/kernels/runInputs'
import { Plan } from '../../../src/plan/plan'
import { persistentTensor, type Tensor } from '../../../src/plan/tensor'
import { ReferenceExecutor } from '../../../src/reference/executor'

const WIDTH = 4
const VOCABULARY = 7
const LOSS_SCALE = 1 / 3
const RING_ROW = 5

test('the gradient of x agrees with central differences of the loss', () => {
  const { loss, x, dx } = prepare({ rows: 5, isTraining: true })
  loss()
  const analytic = dx().slice()
  for (let index = 0; index < x.length; index++) {
    const step = 1e-6
    const kept = x[index] ?? 0
    x[index] = kept + step
    const above = loss()
    x[index] = kept - step
    const below = loss()
    x[index] = kept
    expect(Math.abs((above - below) / (2 * step) - (analytic[index] ?? Number.NaN))).toBeLessThan(1e-8)
  }
})

test('chunks change neither the loss nor the gradient', () => {
  const whole = prepare({ rows: 150, isTraining: true })
  const chunked = prepare({ rows: 150, isTraining: true, chunkRows: 64 })
  expect(chunked.loss()).toBeCloseTo(whole.loss(), 12)
  expect(chunked.dx()).toEqual(whole.dx())
  expect(chunked.rowLoss()).toEqual(whole.rowLoss())
  expect(chunked.stepNames.filter((name) => name === 'crossEntropy/gradient')).toHaveLength(3)
})

test.each([
  ['by default what fits into 16 MiB', 0, 32],
  ['what the rest of the plan needs anyway', 24 * 2 ** 20, 16],
  ['at most what every device can bind', 2 ** 30, 4],
])('logits are held in chunks: %s', (_, spareBytes, chunks) => {
  const plan = new Plan('head loss', { isTraining: true })
  const tensor = (name: string, shape: number[], dtype: 'f32' | 'u32' = 'f32') =>
    persistentTensor(name, shape, { role: 'weights', dtype, needsGradient: name === 'x' })
  const head: Head = [{ kind: 'float32', weight: tensor('head', [49_152, WIDTH]) }]
  const labels = tensor('labels', [2048], 'u32')
  headLoss(plan, tensor('x', [2048, WIDTH]), head, { labels, inputs: makeRunInputs(), spareBytes })
  expect(plan.steps.filter(({ kernel }) => kernel.name === 'crossEntropy/gradient')).toHaveLength(chunks)
})

test('a head in parts changes neither the loss nor the gradient', () => {
  const whole = prepare({ rows: 70, isTraining: true, chunkRows: 64, presetGradient: 2 })
  const inParts = prepare({ rows: 70, isTraining: true, chunkRows: 64, presetGradient: 2, partRows: 3 })
  expect(inParts.stepNames.length).toBeGreaterThan(whole.stepNames.length)
  expect(inParts.loss()).toBeCloseTo(whole.loss(), 12)
  expect(inParts.rowLoss()).toEqual(whole.rowLoss())
  whole.dx().forEach((value, index) => expect(inParts.dx()[index]).toBeCloseTo(value, 12))
})

test('an ignored row has no loss and no gradient', () => {
  const { loss, dx, rowLoss } = prepare({ rows: 5, isTraining: true })
  loss()
  expect(rowLoss()[1]).toBe(0)
  expect([...dx().subarray(WIDTH, 2 * WIDTH)].every((value) => value === 0)).toBe(true)
})

test('an evaluation plan gives the same loss without a gradient', () => {
  const training = prepare({ rows: 70, isTraining: true })
  const evaluation = prepare({ rows: 70, isTraining: false, chunkRows: 64 })
  expect(evaluation.loss()).toBeCloseTo(training.loss(), 12)
  expect(evaluation.stepNames).not.toContain('crossEntropy/gradient')
})

test('a gradient that is there already is added to', () => {
  const fresh = prepare({ rows: 5, isTraining: true })
  const added = prepare({ rows: 5, isTraining: true, presetGradient: 2 })
  fresh.loss()
  added.loss()
  fresh.dx().forEach((value, index) => expect(added.dx()[index]).toBeCloseTo(value + 2, 12))
})

interface Setting {
  readonly rows: number
  readonly isTraining: boolean
  readonly chunkRows?: number
  readonly presetGradient?: number
  readonly partRows?: number
}

function prepare({ rows, isTraining, chunkRows, presetGradient, partRows = VOCABULARY }: Setting) {
  const executor = new ReferenceExecutor({ double: true })
  const plan = new Plan('head loss', { isTraining })
  const random = new Random(3)
  const normal = (name: string, shape: number[], needsGradient = false): Tensor => {
    const tensor = persistentTensor(name, shape, { role: 'weights', needsGradient })
    const values = executor.floats(tensor)
    for (let index = 0; index < values.length; index++) values[index] = random.normal()
    return tensor
  }
  const inputs = makeRunInputs()
  executor.floats(inputs.scalars)[scalarIndex.lossScale] = LOSS_SCALE
  executor.array(inputs.counters)[counterIndex.ringRow] = RING_ROW
  const x = normal('x', [rows, WIDTH], true)
  // One stream of random numbers fills the parts, so that they hold the rows of the whole.
  const head: Head = Array.from({ length: Math.ceil(VOCABULARY / partRows) }, (_, index) => {
    const count = Math.min(partRows, VOCABULARY - index * partRows)
    return { kind: 'float32', weight: normal(`head ${index}`, [count, WIDTH]) }
  })
  const labels = persistentTensor('labels', [rows], { role: 'staging', dtype: 'u32' })
  const labelValues = executor.array(labels)
  for (let row = 0; row < rows; row++) labelValues[row] = row % 4 === 1 ? IGNORED_LABEL : random.integer(VOCABULARY)

  if (presetGradient !== undefined) {
    const preset = persistentTensor('d x', [rows, WIDTH], { role: 'gradients' })
    executor.floats(preset).fill(presetGradient)
    plan.setGradient(x, preset)
  }
  const rowLoss = headLoss(plan, x, head, { labels, inputs, ...(chunkRows !== undefined && { chunkRows }) })
  const dx = isTraining ? plan.gradient(x).tensor : undefined
  return {
    stepNames: plan.steps.map(({ kernel }) => kernel.name),
    x: executor.floats(x),
    dx: () => (dx ? executor.floats(dx) : new Float64Array()),
    rowLoss: () => executor.floats(rowLoss),
    loss: () => {
      executor.run(plan)
      return executor.floats(inputs.metrics)[RING_ROW * RING_FIELDS + metricIndex.loss] ?? Number.NaN
    },
  }
}
