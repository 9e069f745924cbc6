import { describe, expect, test } from 'vitest'
import { numbersOf } from '../../../src/benchmark/deviceBench'
import { rateOf, shareOfFloor, type Ceilings } from '../../../src/benchmark/roofline'
import { benchKernelsOf } from '../../../src/engine/deviceMeter'
import { benchCases } from '../../../src/kernels'

const measured = (value: number) => ({ value, spread: 0, n: 1 })
const ceilings: Ceilings = {
  flopsPerSecond: measured(1e9),
  bytesPerSecond: measured(1e8),
  int8OpsPerSecond: measured(4e9),
  dispatchMs: measured(0.01),
  encodeMs: measured(1),
  readMs: measured(1),
}
const oneSecond = { value: 1000, spread: 10, n: 3, repetitions: 1 }

describe('the share of the floor', () => {
  test('is that of memory where few operations come with each byte', () => {
    const row = { timing: oneSecond, flops: 1e6, bytes: 5e7, arithmetic: 'float32' } as const
    expect(shareOfFloor(row, ceilings)).toBe(0.5)
  })

  test('is that of arithmetic where many do', () => {
    const row = { timing: oneSecond, flops: 2.5e8, bytes: 1e6, arithmetic: 'float32' } as const
    expect(shareOfFloor(row, ceilings)).toBe(0.25)
  })

  test('holds products of int8 against their own rate, and against that of float32 where none was measured', () => {
    const row = { timing: oneSecond, flops: 1e9, bytes: 1, arithmetic: 'int8' } as const
    expect(shareOfFloor(row, ceilings)).toBe(0.25)
    expect(shareOfFloor(row, { ...ceilings, int8OpsPerSecond: null })).toBe(1)
  })
})

test('a rate keeps the relative spread and the n of its time', () => {
  expect(rateOf(3e9, { value: 1500, spread: 30, n: 5 })).toEqual({ value: 2e9, spread: 2e9 * 0.02, n: 5 })
})

describe('what a kernel computes on', () => {
  const numbersOfNamed = (what: string) => {
    const found = benchCases.find(({ kernel }) => kernel.name === what)
    return found && numbersOf(found.kernel)
  }

  test('is read off what it binds', () => {
    expect(numbersOfNamed('linear/forward/float32/adapter')).toEqual({ precision: 'float32', arithmetic: 'float32' })
    expect(numbersOfNamed('linear/forward/float16/adapter')).toEqual({ precision: 'float16', arithmetic: 'float32' })
    expect(numbersOfNamed('linear/forward/int8/adapter')).toEqual({ precision: 'int8', arithmetic: 'float32' })
    expect(numbersOfNamed('linear/forwardInt8/int8/adapter')).toEqual({ precision: 'int8', arithmetic: 'int8' })
    expect(numbersOfNamed('quantizeRows/forward')).toEqual({ precision: 'int8', arithmetic: 'float32' })
  })
})

describe('the kernels to measure', () => {
  test('are all cases of the bench, by their index', () => {
    const kernels = benchKernelsOf({ hasInt8Products: true })
    expect(kernels.map(({ index }) => index)).toEqual(benchCases.map((_, index) => index))
    expect(kernels.map(({ what, name }) => `${what}: ${name}`)).toEqual(
      benchCases.map(({ kernel, name }) => `${kernel.name}: ${name}`),
    )
  })

  test('lack those that the shading language cannot compile', () => {
    const without = benchKernelsOf({ hasInt8Products: false })
    expect(without.length).toBeGreaterThan(0)
    expect(without.filter(({ what }) => what.startsWith('linear/forwardInt8'))).toEqual([])
  })

  test('have each kernel once at its smallest size', () => {
    const kernels = benchKernelsOf({ hasInt8Products: true })
    const lightest = kernels.filter(({ isLightest }) => isLightest)
    expect(lightest.map(({ what }) => what).sort()).toEqual([...new Set(kernels.map(({ what }) => what))].sort())
    const workOf = (index: number) => {
      const { kernel, shape } = benchCases[index] ?? { kernel: null, shape: {} }
      return kernel ? kernel.cost(shape).flops + kernel.cost(shape).bytes : Number.NaN
    }
    for (const { index, what } of lightest) {
      const works = kernels.filter((one) => one.what === what).map((one) => workOf(one.index))
      expect(workOf(index), what).toBe(Math.min(...works))
    }
  })

  test('have names of their own: the page tells rows apart by them', () => {
    const names = benchCases.map(({ kernel, name }) => `${kernel.name}: ${name}`)
    expect(new Set(names).size).toBe(names.length)
  })
})
