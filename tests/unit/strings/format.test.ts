import { expect, test } from 'vitest'
import { formattersFor } from '../../../src/strings/format'

const english = formattersFor('en')
const korean = formattersFor('ko')

test('bytes are in MiB with one decimal, and change their unit only at the ends', () => {
  expect(english.bytes(0)).toBe('0.0 MiB')
  expect(english.bytes(7_719_461)).toBe('7.4 MiB')
  expect(english.bytes(21_728)).toBe('21.2 KiB')
  expect(english.bytes(3 * 1024 ** 3)).toBe('3.0 GiB')
})

test('no figure gets more digits than it deserves', () => {
  expect(english.loss(2.60449)).toBe('2.604')
  expect(english.significant(13.524)).toBe('13.5')
  expect(english.rough(0.0449)).toBe('0.045')
  expect(english.rate(8571.4)).toBe('8,571')
  expect(english.rate(3.14159)).toBe('3.1')
  expect(english.percent(0.0377)).toBe('3.8%')
  expect(english.percent(0.5)).toBe('50.0%')
  expect(english.short(3_803_392)).toBe('3.8M')
})

test('a learning rate is written as people say it', () => {
  expect(english.exponent(0.002)).toBe('2e-3')
  expect(english.exponent(0.00025)).toBe('2.5e-4')
  expect(english.exponent(0)).toBe('0')
})

test('a duration names its largest two units', () => {
  expect(english.duration(420)).toBe('0.4 s')
  expect(english.duration(61_000)).toBe('1 min 1 s')
  expect(english.duration(3_900_000)).toBe('1 h 5 min')
  expect(korean.duration(200_000)).toBe('3분 20초')
})

test('what is not a number is a dash, never "NaN"', () => {
  expect(english.loss(Number.NaN)).toBe('–')
  expect(english.duration(Number.POSITIVE_INFINITY)).toBe('–')
})
