import { describe, expect, test } from 'vitest'
import type { BenchRow } from '../../../src/engine/api'
import { sizeName } from '../../../src/features/lab/sizeNames'
import { labTexts } from '../../../src/features/lab/texts'
import { rankedRows, verdictOf } from '../../../src/features/lab/verdict'
import { benchCases } from '../../../src/kernels'
import { fakeCeilings } from '../../helpers/fakeBench'

const ceilings = fakeCeilings(3)

/** A kernel that takes `ms` and whose roof would allow it in `share` of that. */
function row(what: string, ms: number, share: number): BenchRow {
  const flops = (share * ms * ceilings.flopsPerSecond.value) / 1000
  const timing = { value: ms, spread: 0, n: 3, repetitions: 1 }
  return { what, name: 'a size', precision: 'float32', arithmetic: 'float32', timing, flops, bytes: 1, choice: null }
}

describe('the sentence under the roofline', () => {
  const rows = [row('low', 1, 0.1), row('high', 1, 0.9), row('half', 1, 0.49), row('tiny', 0.03, 0.1)]

  test('counts what passes half of its roof and names the farthest, apart from what does less than a start takes', () => {
    const { judged, overHalf, farthest, startedOnly } = verdictOf(rows, ceilings)
    expect({ judged, overHalf, startedOnly }).toEqual({ judged: 3, overHalf: 1, startedOnly: 1 })
    expect(farthest?.row.what).toBe('low')
    expect(farthest?.share).toBeCloseTo(0.1)
  })

  test('leaves steps out', () => {
    expect(verdictOf([row('step/int8', 5, 0.01)], ceilings)).toEqual({
      judged: 0,
      overHalf: 0,
      farthest: null,
      startedOnly: 0,
      withChoice: 0,
      otherwise: 0,
    })
  })

  test('counts the kernels that were tried in several ways, and those that take another than their own', () => {
    const choice = { way: 'tiles64', speedup: 1.8 } as const
    const tried = [
      { ...row('faster', 1, 0.5), choice: { ...choice, isTaken: true } },
      { ...row('slower', 1, 0.5), choice: { ...choice, isTaken: false } },
      row('without a choice', 1, 0.5),
    ]
    expect(verdictOf(tried, ceilings)).toMatchObject({ withChoice: 2, otherwise: 1 })
  })

  test('the table goes from the roof down', () => {
    expect(rankedRows(rows, ceilings).map((one) => one.row.what)).toEqual(['high', 'half', 'low', 'tiny'])
  })
})

test('every size of the bench reads in Korean', () => {
  const left = benchCases.flatMap(({ name }) => {
    const words = sizeName(name, 'ko').replaceAll(/SmolLM2-135M|GPT-2|\bd[AB]\b/g, '')
    return /[A-Za-z]/.test(words) ? [`${name} -> ${words}`] : []
  })
  expect(left).toEqual([])
})

test('every kernel of the bench is explained in a few words', () => {
  const folders = new Set(benchCases.map(({ kernel }) => kernel.name.split('/')[0] ?? ''))
  expect([...folders].filter((folder) => !(folder in labTexts.en))).toEqual([])
})
