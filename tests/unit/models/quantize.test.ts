import { describe, expect, test } from 'vitest'
import { bfloat16sToFloats, halfToFloat, halvesToFloats } from '../../../src/base/float16'
import { Random } from '../../../src/base/random'
import { dequantizeBlocks, quantizeBlocks, roundToHalves } from '../../../src/models/quantize'

describe('roundToHalves', () => {
  test('errs by 2^-11 of a weight at most, and by 2^-25 below the least normal half', () => {
    const random = new Random(2)
    const weights = Float32Array.from({ length: 20_000 }, () => random.normal() * 2 ** (random.integer(40) - 26))
    const halves = halvesToFloats(roundToHalves(weights) ?? new Uint16Array())
    for (const [i, weight] of weights.entries()) {
      const most = Math.abs(weight) < 2 ** -14 ? 2 ** -25 : Math.abs(weight) * 2 ** -11
      expect(Math.abs((halves[i] ?? Number.NaN) - weight)).toBeLessThanOrEqual(most)
    }
  })
  test('rounds to the nearest, ties to even', () => {
    const halves = roundToHalves(Float32Array.of(1 + 2 ** -11, 1 + 3 * 2 ** -11, 1 + 2 ** -11 + 2 ** -20, -65_504))
    expect(halvesToFloats(halves ?? new Uint16Array())).toEqual(Float32Array.of(1, 1 + 2 ** -9, 1 + 2 ** -10, -65_504))
  })
  // bfloat16 has 8 bits of a number where a half has 11, and more room for exponents.
  test('changes no weight of a bfloat16 checkpoint but those below 2^-17', () => {
    const every = bfloat16sToFloats(Uint16Array.from({ length: 0x10000 }, (_, bits) => bits))
    const weights = every.filter((value) => Math.abs(value) <= 65_504)
    const halves = halvesToFloats(roundToHalves(weights) ?? new Uint16Array())
    const changed = weights.filter((weight, i) => halves[i] !== weight)
    expect(changed.length).toBeGreaterThan(0)
    expect(changed.every((weight) => Math.abs(weight) < 2 ** -17)).toBe(true)

    // As a checkpoint holds them: weights of a fiftieth.
    const random = new Random(3)
    const words = new Uint32Array(Float32Array.from({ length: 100_000 }, () => 0.02 * random.normal()).buffer)
    const stored = bfloat16sToFloats(Uint16Array.from(words, (bits) => bits >>> 16))
    const asHalves = halvesToFloats(roundToHalves(stored) ?? new Uint16Array())
    const small = stored.filter((weight) => Math.abs(weight) < 2 ** -17).length
    const moved = stored.filter((weight, i) => asHalves[i] !== weight).length
    expect(moved).toBeLessThanOrEqual(small)
    expect(small / stored.length).toBeLessThan(1e-3)
  })
  test('gives nothing for a weight beyond the largest half', () => {
    expect(roundToHalves(Float32Array.of(1, 65_504))).not.toBeNull()
    expect(roundToHalves(Float32Array.of(1, -65_505))).toBeNull()
  })
  test.each([Number.NaN, Number.NEGATIVE_INFINITY])('a weight of %s is refused', (bad) => {
    expect(() => roundToHalves(Float32Array.of(0, bad))).toThrow(
      expect.objectContaining({ code: 'weights/not-finite' }),
    )
  })
})

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
