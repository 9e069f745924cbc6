import { describe, expect, test } from 'vitest'
import { learningRateAt, type ScheduleSettings } from '../../../src/training/schedule'

const base: ScheduleSettings = { schedule: 'linear', learningRate: 1, warmupSteps: 4, steps: 12 }

// The figures are transformers' get_{constant,linear,cosine}_schedule_with_warmup for the same settings.
describe('learningRateAt', () => {
  test('warms up from 0 in equal steps', () => {
    expect([0, 1, 2, 3, 4].map((step) => learningRateAt(step, base))).toEqual([0, 0.25, 0.5, 0.75, 1])
  })
  test('linear falls to 0 at the end', () => {
    expect(learningRateAt(8, base)).toBe(0.5)
    expect(learningRateAt(12, base)).toBe(0)
  })
  test('cosine is half way at half time', () => {
    expect(learningRateAt(8, { ...base, schedule: 'cosine' })).toBeCloseTo(0.5, 12)
    expect(learningRateAt(12, { ...base, schedule: 'cosine' })).toBeCloseTo(0, 12)
  })
  test('constant stays', () => {
    expect(learningRateAt(11, { ...base, schedule: 'constant' })).toBe(1)
  })
  test('without warm-up the first step has the full rate', () => {
    expect(learningRateAt(0, { ...base, warmupSteps: 0 })).toBe(1)
  })
})
