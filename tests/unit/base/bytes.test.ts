import { describe, expect, test } from 'vitest'
import {
  concatBytes,
  float32View,
  formatBytes,
  isFiniteFloat32,
  readUint64,
  sha256Hex,
  uint16View,
  uint64Bytes,
} from '../../../src/base/bytes'

describe('formatBytes', () => {
  test.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1536, '1.5 KiB'],
    [1024 ** 2 - 1, '1.0 MiB'],
    [12.3 * 1024 ** 2, '12.3 MiB'],
    [3 * 1024 ** 3, '3.0 GiB'],
    [-2048, '-2.0 KiB'],
  ])('%d bytes', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text)
  })
})

test('64-bit lengths survive, and those no number can hold are infinite', () => {
  expect(readUint64(uint64Bytes(123_456_789_012), 0)).toBe(123_456_789_012)
  expect(readUint64(new Uint8Array(8).fill(0xff), 0)).toBe(Number.POSITIVE_INFINITY)
})

test('views of bytes at odd addresses are copied', () => {
  const floats = Float32Array.of(1.5, -2)
  const shifted = concatBytes([Uint8Array.of(9), new Uint8Array(floats.buffer)]).subarray(1)
  expect([...float32View(shifted)]).toEqual([1.5, -2])
  expect(uint16View(shifted)).toHaveLength(4)
})

test('not finite is found by bits', () => {
  expect(isFiniteFloat32(Float32Array.of(0, -1, 3e38))).toBe(true)
  expect(isFiniteFloat32(Float32Array.of(0, Number.NaN))).toBe(false)
  expect(isFiniteFloat32(Float32Array.of(Number.NEGATIVE_INFINITY))).toBe(false)
})

test('sha256Hex names the empty bytes as everyone does', async () => {
  expect(await sha256Hex(new Uint8Array())).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
})
