import { describe, expect, test } from 'vitest'
import {
  bfloat16sToFloats,
  bfloat16ToFloat,
  floatsToHalves,
  floatToHalf,
  halfToFloat,
  halvesToFloats,
} from '../../../src/base/float16'

describe('half precision', () => {
  test('every half survives the way to float32 and back', () => {
    const all = Array.from({ length: 0x10000 }, (_, bits) => bits)
    const isNaNHalf = (bits: number): boolean => (bits & 0x7fff) > 0x7c00
    expect(all.filter((bits) => !isNaNHalf(bits) && floatToHalf(halfToFloat(bits)) !== bits)).toEqual([])
    expect(all.filter((bits) => isNaNHalf(bits) !== isNaNHalf(floatToHalf(halfToFloat(bits))))).toEqual([])
  })

  test.each([
    ['one', 1, 0x3c00],
    ['minus two', -2, 0xc000],
    ['the largest half', 65504, 0x7bff],
    ['just under the tie above the largest', 65519.996, 0x7bff],
    ['the tie above the largest goes to infinity', 65520, 0x7c00],
    ['infinity', Number.NEGATIVE_INFINITY, 0xfc00],
    ['the smallest subnormal', 2 ** -24, 0x0001],
    ['half of it ties to zero', 2 ** -25, 0x0000],
    ['a little more than half of it', 2 ** -25 * (1 + 2 ** -20), 0x0001],
    ['three halves of it tie to even', 1.5 * 2 ** -24, 0x0002],
    ['minus zero', -0, 0x8000],
    ['a tie to even below', 1 + 2 ** -11, 0x3c00],
    ['a tie to even above', 1 + 3 * 2 ** -11, 0x3c02],
    ['a carry into the exponent', 2 - 2 ** -12, 0x4000],
    ['a subnormal that rounds up to the smallest normal', 2 ** -14 - 2 ** -26, 0x0400],
  ])('%s', (_name, value, bits) => {
    expect(floatToHalf(value)).toBe(bits)
  })

  test('rounding picks the nearest of all halves', () => {
    const all = Array.from({ length: 0x7c00 }, (_, bits) => halfToFloat(bits))
    for (let i = 0; i < 20_000; i++) {
      const index = (i * 7919) % (all.length - 1)
      const [low = 0, high = 0] = [all[index], all[index + 1]]
      const value = Math.fround(low + (high - low) * ((i % 997) / 997))
      const rounded = halfToFloat(floatToHalf(value))
      expect(Math.abs(rounded - value)).toBeLessThanOrEqual((high - low) / 2)
    }
  })

  test('arrays agree with single values', () => {
    const bits = Uint16Array.from([0, 1, 0x3c00, 0x7bff, 0x8001, 0xfc00])
    expect([...halvesToFloats(bits)]).toEqual([...bits].map(halfToFloat))
    expect([...floatsToHalves(Float32Array.of(1, -2, 65504))]).toEqual([0x3c00, 0xc000, 0x7bff])
  })
})

test('bfloat16 is the upper half of a float32', () => {
  expect(bfloat16ToFloat(0x3f80)).toBe(1)
  expect(bfloat16ToFloat(0xc040)).toBe(-3)
  expect([...bfloat16sToFloats(Uint16Array.of(0x3f80, 0xc040, 0x7f80))]).toEqual([1, -3, Number.POSITIVE_INFINITY])
})
