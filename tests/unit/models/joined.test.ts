// Linears of one input in the steps of one: which are, and that nothing but the order of some sums changes.
import { describe, expect, test } from 'vitest'
import { recordTrainingSession } from '../../../src/engine/session'
import type { LoraSettings } from '../../../src/models/lora'
import { declareModel, tensorsOfModel } from '../../../src/models/model'
import type { Plan } from '../../../src/plan/plan'
import { sizeBytes } from '../../../src/plan/tensor'
import type { TrainingSettings } from '../../../src/training/types'
import { expectEqual, modelRunSettings, onReference, runModel } from '../../helpers/modelRun'
import { joinedConfig, tinyConfig, tinyFamilies } from '../../helpers/tinyModel'

const settings: TrainingSettings = { ...modelRunSettings, rank: 8 }

/** The outputs of the layers that each product of a plan's first block computes. */
function productsOf({ steps }: Plan): number[][] {
  const products = steps.filter(({ kernel }) => /^linear\/(forward|matvec)/.test(kernel.name))
  const ofBlocks = products.slice(0, (products.length - 1) / joinedConfig.layers) // the last one is the head
  return ofBlocks.map(({ shape }) => {
    const borders = [0, shape['secondPlane'] ?? 0, shape['thirdPlane'] ?? 0, shape['allOutputs'] ?? 0]
    return borders.slice(1).flatMap((end, plane) => (end > (borders[plane] ?? 0) ? [end - (borders[plane] ?? 0)] : []))
  })
}

const together = [[128, 64, 64], [64], [64, 64], [64]]
const apart = [[128], [64], [64], [64], [64], [64], [64]]

describe('products of a block', () => {
  test.each<[string, Partial<TrainingSettings & LoraSettings>, number[][]]>([
    ['an adapter on all', {}, together],
    ['int8', { precision: 'int8' }, together],
    ['queries and values', { targets: ['q_proj', 'v_proj'] }, [[128, 64], [64], [64], [64, 64], [64]]],
    ['queries alone', { targets: ['q_proj'] }, [[128], [64, 64], [64], [64, 64], [64]]],
    [
      'queries and keys, which are no neighbours',
      { targets: ['q_proj', 'k_proj'] },
      [[128], [64], [64], [64], [64, 64], [64]],
    ],
    ['a rank that four does not divide', { rank: 6 }, apart],
    ['dropout, which is each adapter’s own', { dropout: 0.1 }, apart],
    ['another rank for the values', { rankPattern: { v_proj: 4 } }, [[128], [64], [64], [64], [64, 64], [64]]],
    ['another alpha for the values', { alphaPattern: { v_proj: 3 } }, [[128], [64], [64], [64], [64, 64], [64]]],
  ])('%s', (_, change, expected) => {
    const options = { ...settings, ...change }
    const { training } = recordTrainingSession(declareModel(joinedConfig, options.precision), options)
    expect(productsOf(training.micro)).toEqual(expected)
  })

  test('tensors that cannot begin where views can', () => {
    const { generation } = recordTrainingSession(declareModel(tinyConfig, 'int8'), settings)
    expect(productsOf(generation.decode.plan).every((planes) => planes.length === 1)).toBe(true)
  })
})

test.each([
  ['Llama', joinedConfig, {}],
  ['Qwen2, with biases', { ...joinedConfig, linearsWithBias: tinyFamilies.qwen2.linearsWithBias }, {}],
  ['int8, queries and values', joinedConfig, { precision: 'int8', targets: ['q_proj', 'v_proj'] }],
] as const)('%s: the outputs are the same to the bit, gradients up to the order of sums', async (_, config, change) => {
  const options: TrainingSettings = { ...settings, sequenceLength: 8, ...change }
  const joined = await runModel(onReference, config, options)
  const separate = await runModel(onReference, config, options, { joinsLinears: false })
  expect(joined.losses.slice(0, options.accumulation)).toEqual(separate.losses.slice(0, options.accumulation))
  expectEqual(joined, separate, 1e-5)
})

test('weights take the bytes they took', () => {
  const bytes = (joinsLinears: boolean) => {
    const bases = new Set(tensorsOfModel(declareModel(joinedConfig, 'int8', { joinsLinears })).map(({ base }) => base))
    return [...bases].reduce((sum, base) => sum + sizeBytes(base), 0)
  }
  expect(bytes(true)).toBe(bytes(false))
})
