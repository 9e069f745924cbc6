import { expect, test } from 'vitest'
import { declareAdapter, sliceOf, withStrength } from '../../../src/models/lora'
import { tinyConfig, warmParameters } from '../../helpers/tinyModel'

const adapter = declareAdapter(tinyConfig, { rank: 3, alpha: 6, usesRsLora: false, targets: ['q_proj', 'up_proj'] })
const parameters = warmParameters(adapter)

test('an adapter of another strength has its B scaled and its A as it was', () => {
  const twice = withStrength(adapter, parameters, 2)
  for (const { a, b } of adapter.pairs) {
    expect(sliceOf(twice, a)).toEqual(sliceOf(parameters, a))
    expect(sliceOf(twice, b)).toEqual(sliceOf(parameters, b).map((value) => 2 * value))
  }
})

test('at strength 1 nothing is copied, at 0 nothing is added', () => {
  expect(withStrength(adapter, parameters, 1)).toBe(parameters)
  const none = withStrength(adapter, parameters, 0)
  for (const { b } of adapter.pairs) expect(sliceOf(none, b).every((value) => value === 0)).toBe(true)
})
