import { expect, test } from 'vitest'
import { divergenceOf } from '../../../src/training/divergence'

const logs = (...probabilities: number[]) => Float32Array.from(probabilities, Math.log)

test('the divergence of distributions is that of its definition', () => {
  // KL([0.5, 0.25, 0.25] || [0.25, 0.25, 0.5]) = 0.5 ln 2 + 0 - 0.25 ln 2
  const { divergence, agreement } = divergenceOf(logs(0.5, 0.25, 0.25), logs(0.25, 0.25, 0.5), 3)
  expect(divergence.value).toBeCloseTo(0.25 * Math.LN2, 7)
  expect(divergence.n).toBe(1)
  expect(agreement.value).toBe(0)
})

test('logits count up to a constant, however large', () => {
  const one = logs(0.7, 0.2, 0.1)
  const shifted = one.map((logit) => logit + 1000)
  expect(divergenceOf(one, shifted, 3).divergence.value).toBeLessThan(1e-4) // float32 at 1000 has steps of 6e-5
  expect(divergenceOf(one, one, 3).divergence.value).toBe(0)
})

test('rows are averaged, with a standard error; agreement counts the likeliest', () => {
  const reference = Float32Array.from([...logs(0.5, 0.5), ...logs(0.8, 0.2), ...logs(0.2, 0.8)])
  const model = Float32Array.from([...logs(0.5, 0.5), ...logs(0.8, 0.2), ...logs(0.8, 0.2)])
  const { divergence, agreement } = divergenceOf(reference, model, 2)
  const last = 0.2 * Math.log(0.2 / 0.8) + 0.8 * Math.log(0.8 / 0.2)
  expect(divergence.value).toBeCloseTo(last / 3, 6)
  expect(divergence.spread).toBeCloseTo(last / 3, 6) // of 0, 0 and x it is x / 3
  expect(agreement.value).toBeCloseTo(2 / 3)
  expect(agreement.spread).toBeCloseTo(Math.sqrt(2 / 27))
})
