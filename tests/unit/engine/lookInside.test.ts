import { expect, test } from 'vitest'
import { Random } from '../../../src/base/random'
import { inspectWeights } from '../../../src/engine/lookInside'

const random = new Random(2)
const weights = Float32Array.from({ length: 8 * 64 }, () => 0.02 * random.normal())
weights[3 * 64 + 40] = 1 // one weight that makes its block coarse

test('every weight is in a bin, and every block is measured', () => {
  const { weights: histogram, int8 } = inspectWeights(weights, 64)
  expect(histogram.counts.reduce((sum, count) => sum + count, 0)).toBe(weights.length)
  expect(histogram.most).toBe(1)
  expect(int8?.blocks).toBe(16)
  expect(int8?.blockErrors.counts.reduce((sum, count) => sum + count, 0)).toBe(16)
})

test('an outlier makes the grid of its own block coarse, and no other', () => {
  const { int8 } = inspectWeights(weights, 64)
  expect(int8?.steps.coarsest).toBeCloseTo(1 / 127, 4)
  expect(int8?.steps.middle).toBeLessThan(0.1 / 127)
  const [worst] = inspectWeights(weights, 64).int8?.worst.filter(({ peak }) => peak > 5) ?? []
  expect(worst).toMatchObject({ row: 3, firstColumn: 32 })
})

test('the error is at most half a step on each weight', () => {
  const even = Float32Array.from({ length: 64 }, (_, index) => (index % 32) - 16)
  const { int8 } = inspectWeights(even, 64)
  expect(int8?.error).toBeGreaterThan(0)
  // Half a step of 16 / 127, against a root mean square of 9.2.
  expect(int8?.error).toBeLessThan(16 / 127 / 2 / 9.2)
})

test('what has no whole blocks stays float32, and zeros are no trouble', () => {
  expect(inspectWeights(new Float32Array(60), 30).int8).toBeNull()
  expect(inspectWeights(new Float32Array(64), 64)).toMatchObject({ int8: { error: 0 }, weights: { most: 0 } })
})
