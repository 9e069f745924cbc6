// Checkpoints and hashes have an adapter's matrices in the order of its pairs, whatever their order on the device.
import { expect, test } from 'vitest'
import { declareAdapter } from '../../../src/models/lora'
import { fromFileOrder, toFileOrder } from '../../../src/models/trained'
import { declareWholeModel } from '../../../src/models/wholeModel'
import { elementCount, roundUp } from '../../../src/plan/tensor'
import { tinyConfig, warmParameters } from '../../helpers/tinyModel'

const adapter = declareAdapter(tinyConfig, {
  rank: 3,
  alpha: 6,
  usesRsLora: false,
  targets: ['q_proj', 'k_proj', 'v_proj', 'down_proj'],
})

test('A and B of each pair, one after the other, each from a multiple of 64 numbers on', () => {
  const parameters = warmParameters(adapter)
  const expected: number[] = []
  for (const tensor of adapter.pairs.flatMap(({ a, b }) => [a, b])) {
    const start = tensor.offsetBytes / 4
    const values = parameters.subarray(start, start + elementCount(tensor))
    expected.push(...values, ...Array.from({ length: roundUp(values.length, 64) - values.length }, () => 0))
  }
  const stored = toFileOrder(adapter, parameters)
  expect([...stored]).toEqual(expected)
  expect(stored).not.toEqual(parameters)
  expect(fromFileOrder(adapter, stored)).toEqual(parameters)
})

test('on the device those of one input follow each other', () => {
  const [q, k, v] = adapter.pairs
  expect(q && v && q.a.offsetBytes + 4 * roundUp(elementCount(q.a), 64)).toBe(v?.a.offsetBytes)
  expect(v && k && v.b.offsetBytes + 4 * roundUp(elementCount(v.b), 64)).toBe(k?.b.offsetBytes)
})

test('a model that is trained as a whole is stored as it lies', () => {
  const whole = declareWholeModel(tinyConfig)
  const parameters = new Float32Array(elementCount(whole.parameters))
  for (const [index, tensor] of whole.inFiles.entries()) {
    parameters.fill(index + 1, tensor.offsetBytes / 4, tensor.offsetBytes / 4 + elementCount(tensor))
  }
  expect(toFileOrder(whole, parameters)).toEqual(parameters)
})
