import { describe, expect, test } from 'vitest'
import { halfToFloat } from '../../../src/base/float16'
import { Random } from '../../../src/base/random'
import { dequantizeBlocks, quantizeBlocks } from '../../../src/models/quantize'

describe('quantizeBlocks', () => {
  test('the error of every weight is at most half a step, and a step is at most max / 127', () => {
    const random = new Random(1)
    const weights = Float32Array.from({ length: 64 * 96 }, () => random.normal())
    const quantized = quantizeBlocks(weights, 64, 96)
    const restored = dequantizeBlocks(quantized)
    for (let block = 0; block < quantized.scales.length; block++) {
      const scale = halfToFloat(quantized.scales[block] ?? 0)
      for (let i = 32 * block; i < 32 * (block + 1); i++) {
        const error = Math.abs((weights[i] ?? 0) - (restored[i] ?? 0))
        // The scale is rounded to a half (relative 2^-11) after the values were, which moves a value by up to 127 * 2^-11 of a step.
        expect(error).toBeLessThanOrEqual(scale * (0.5 + 127 * 2 ** -11) * (1 + 1e-6))
      }
    }
  })
  test('a block of zeros has scale 0 and restores to zeros', () => {
    const { values, scales } = quantizeBlocks(new Float32Array(32), 1, 32)
    expect(scales[0]).toBe(0)
    expect(values.every((value) => value === 0)).toBe(true)
  })
  test.each([Number.NaN, Number.POSITIVE_INFINITY])('a weight of %s is refused', (bad) => {
    const weights = new Float32Array(32)
    weights[7] = bad
    expect(() => quantizeBlocks(weights, 1, 32)).toThrow(expect.objectContaining({ code: 'weights/not-finite' }))
  })
  test('ties round away from zero, as in Q8_0', () => {
    const weights = new Float32Array(32)
    weights[0] = 127
    weights[1] = 2.5
    weights[2] = -2.5
    const { values } = quantizeBlocks(weights, 1, 32)
    expect([...values.subarray(0, 3)]).toEqual([127, 3, -3])
  })
})
