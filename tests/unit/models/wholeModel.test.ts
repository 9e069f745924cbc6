// Full fine-tuning: the gradient of every weight, tied or not, against central differences of the loss in float64.
import { describe, expect, test } from 'vitest'
import { Random } from '../../../src/base/random'
import { AppError } from '../../../src/base/errors'
import { scalarIndex, SCALAR_COUNT } from '../../../src/kernels/runInputs'
import type { ModelConfig } from '../../../src/models/config'
import { canTrainWhole, declareWholeModel } from '../../../src/models/wholeModel'
import { recordWholeSession } from '../../../src/engine/session'
import { runTrial } from '../../../src/engine/trainingTrial'
import { elementCount, type Tensor } from '../../../src/plan/tensor'
import { ReferenceExecutor } from '../../../src/reference/executor'
import { IGNORED_LABEL } from '../../../src/text/types'
import { declareBatch, positionsOf, recordTraining } from '../../../src/training/program'
import { shortSettings } from '../../helpers/engineForTests'
import { tinyConfig, tinyFamilies } from '../../helpers/tinyModel'

const small: ModelConfig = { ...tinyConfig, width: 8, heads: 2, headWidth: 4, feedForward: 12, vocabulary: 11 }
const shape = { batchSize: 2, sequenceLength: 5 }
const tokens = [1, 2, 3, 2, 4, 7, 7, 1, 10, 0]
const labels = [2, 3, 2, 4, IGNORED_LABEL, 7, 1, 10, IGNORED_LABEL, 5]

describe.each([
  ['a tied head', small, false],
  ['a head of its own', { ...small, hasTiedHead: false }, false],
  ['norms on heads', { ...small, family: 'qwen3' as const, keyValueHeads: 2 }, false],
  ['checkpointing', small, true],
])('with %s', (_, config, usesCheckpointing) => {
  const whole = declareWholeModel(config)
  const batch = declareBatch(shape)
  const plans = recordTraining(whole.model, whole, batch, {
    dropout: 0,
    usesCheckpointing,
    maxGradientNorm: 0,
    weightDecay: 0,
  })
  const executor = new ReferenceExecutor({ double: true })
  executor.write(batch.tokens, Uint32Array.from(tokens))
  executor.write(batch.labels, Uint32Array.from(labels))
  executor.write(batch.positions, positionsOf(shape))
  const scalars = new Float32Array(SCALAR_COUNT)
  scalars[scalarIndex.lossScale] = 1 / 8
  executor.write(batch.run.scalars, scalars)
  executor.floats(whole.model.positions.table).forEach((_value, index, table) => {
    table[index] = index % config.headWidth < config.headWidth / 2 ? Math.cos(index) : Math.sin(index)
  })
  const random = new Random(3)
  for (const weight of whole.gradientOf.keys()) {
    const isNorm = weight.shape.length === 1
    const values = executor.floats(weight)
    for (let i = 0; i < values.length; i++) values[i] = (isNorm ? 1 : 0) + 0.3 * random.normal()
  }
  const loss = (): number => {
    executor.run(plans.micro)
    return executor.floats(batch.run.metrics)[0] ?? Number.NaN
  }
  loss()
  const analytic = new Map<Tensor, Float64Array>()
  for (const [weight, gradient] of whole.gradientOf) {
    analytic.set(weight, Float64Array.from(executor.floats(gradient)))
  }

  test.each([...whole.gradientOf.keys()].map((weight) => [weight.name, weight] as const))('%s', (name, weight) => {
    // Along a random direction, so that every element takes part.
    const direction = Float64Array.from({ length: elementCount(weight) }, () => random.normal())
    const values = executor.floats(weight)
    const kept = Float64Array.from(values)
    const at = (step: number) => {
      for (let i = 0; i < values.length; i++) values[i] = kept[i]! + step * direction[i]!
      return loss()
    }
    const STEP = 1e-5
    const numeric = (at(STEP) - at(-STEP)) / (2 * STEP)
    values.set(kept)
    const expected = direction.reduce((sum, d, i) => sum + d * analytic.get(weight)![i]!, 0)
    expect(Math.abs(numeric), name).toBeGreaterThan(1e-6)
    expect(Math.abs(numeric - expected), name).toBeLessThan(1e-7 + 1e-6 * Math.abs(expected))
  })
})

test('every weight has its gradient, and no other tensor', () => {
  const whole = declareWholeModel(small)
  const names = [...whole.gradientOf.keys()].map(({ name }) => name)
  expect(names).not.toContain('rotary table')
  expect(new Set(names).size).toBe(2 + 2 * 9)
  expect(new Set([...whole.gradientOf.values()].map(({ base }) => base))).toEqual(new Set([whole.gradients]))
})

test('what cannot be trained as a whole is refused', async () => {
  expect(canTrainWhole(small)).toBe(true)
  expect(canTrainWhole(tinyFamilies.gpt2)).toBe(false)
  expect(canTrainWhole(tinyFamilies.qwen2)).toBe(false)
  expect(canTrainWhole({ ...tinyConfig, vocabulary: 2 ** 21 })).toBe(false)
  const bench = { loaded: { config: tinyFamilies.gpt2 } } as never
  const request = { method: 'full', settings: shortSettings, train: {} as never, validation: null } as const
  await expect(runTrial(bench, request, () => {})).rejects.toThrow(AppError)
})

test('the session frees what it brings', () => {
  const { owned, plans } = recordWholeSession(small, { ...shortSettings, sequenceLength: 8 })
  const used = new Set(plans.flatMap(({ steps }) => steps.flatMap(({ bindings }) => Object.values(bindings))))
  const persistent = [...used].map(({ base }) => base).filter(({ isPersistent }) => isPersistent)
  expect(persistent.length).toBeGreaterThan(5)
  expect(persistent.filter((tensor) => !owned.includes(tensor)).map(({ name }) => name)).toEqual([])
})
