// Which matrices of a float16 model are halves.
import { expect, test } from 'vitest'
import { matrixOf } from '../../../src/kernels/linear/linear'
import { declareModel, MAX_PART_BYTES } from '../../../src/models/model'
import { loadWeights } from '../../../src/models/weights'
import { elementCount } from '../../../src/plan/tensor'
import { tinyConfig, tinyFamilies } from '../../helpers/tinyModel'

test('those whose rows are whole fours, the embedding and the head among them', () => {
  const { embedding, layers } = declareModel({ ...tinyConfig, hasTiedHead: false }, 'float16')
  const linears = layers.flatMap((layer) => [...layer.linears.values()].map(({ weight }) => weight))
  expect(new Set([...embedding, ...linears].map(({ kind }) => kind))).toEqual(new Set(['float16']))
  const ofThirty = declareModel(tinyFamilies.gpt2, 'float16')
  expect(ofThirty.embedding.map(({ kind }) => kind)).toEqual(['float32'])
})

test('a large table lies in half as many parts as in float32', () => {
  const config = { ...tinyConfig, width: 1024, vocabulary: 131_072 }
  const partsIn = (precision: 'float32' | 'float16') => declareModel(config, precision).embedding
  expect(partsIn('float32')).toHaveLength(4)
  expect(partsIn('float16')).toHaveLength(2)
  expect(partsIn('float16').every((part) => 2 * elementCount(matrixOf(part)) <= MAX_PART_BYTES)).toBe(true)
})

test('a table with one weight that is too large for a half is float32 as a whole', async () => {
  const config = { ...tinyConfig, vocabulary: 150, hasTiedHead: false }
  const load = (beyondHalves: ReadonlySet<string>) => {
    const model = declareModel(config, 'float16', { maxPartRows: 64, beyondHalves })
    const read = (name: string, shape: readonly number[]) => {
      const values = new Float32Array(elementCount({ shape }))
      if (name.endsWith('embed_tokens.weight')) values[100 * config.width] = -65_505
      return Promise.resolve(values)
    }
    return { model, beyond: loadWeights(model, read, () => {}) }
  }
  const beyond = await load(new Set()).beyond
  expect([...beyond]).toEqual(['embedding'])
  const second = load(beyond)
  expect(await second.beyond).toEqual(new Set())
  expect(second.model.embedding.map(({ kind }) => kind)).toEqual(['float32', 'float32', 'float32'])
  expect(second.model.head.map(({ kind }) => kind)).toEqual(['float16', 'float16', 'float16'])
})
