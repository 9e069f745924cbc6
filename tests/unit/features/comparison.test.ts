import { describe, expect, test } from 'vitest'
import type { CellMeasurement } from '../../../src/engine/api'
import { verdictOf } from '../../../src/features/compare/verdict'
import { markChangedWords } from '../../../src/features/compare/wordDifference'
import { outcomeOf } from '../../../src/features/training/outcome'
import { emptyBytesByRole } from '../../../src/plan/memory'

const marked = (reference: string, text: string) =>
  markChangedWords(reference, text)
    .map((word) => (word.isChanged ? `[${word.text}]` : word.text))
    .join('')

describe('words that differ', () => {
  test('the same text has none, and nothing is lost or added', () => {
    expect(marked('a b  c\n', 'a b  c\n')).toBe('a b  c\n')
    const text = ' one\n\n two  three '
    expect(
      markChangedWords('x two y', text)
        .map((word) => word.text)
        .join(''),
    ).toBe(text)
  })

  test('replaced, added and leading words are marked, the rest is not', () => {
    expect(marked('the cat sat', 'the dog sat')).toBe('the [dog] sat')
    expect(marked('the cat', 'the cat sat down')).toBe('the cat [sat down]')
    expect(marked('cat sat', 'a cat sat')).toBe('[a] cat sat')
    expect(marked('', 'all new')).toBe('[all new]')
    expect(marked('gone', '')).toBe('')
  })
})

describe('what a run changed', () => {
  test('worse than the base is called worse', () => {
    expect(outcomeOf(3, 3.2).kind).toBe('worse')
    expect(outcomeOf(3, 2).kind).toBe('better')
    expect(outcomeOf(3, 2.99).kind).toBe('unchanged')
    expect(outcomeOf(null, 2).kind).toBe('unmeasured')
    expect(outcomeOf(3, Number.NaN).kind).toBe('unmeasured')
  })
})

describe('the verdict', () => {
  const cell = (
    precision: 'float32' | 'int8',
    usesAdapter: boolean,
    { speed, loss }: { speed: number; loss: number },
  ): CellMeasurement => ({
    precision,
    usesAdapter,
    memory: emptyBytesByRole(),
    linearWeightBytes: precision === 'int8' ? 266 : 1000,
    loadMs: 10,
    generalLoss: { value: 4, spread: 0.1, n: 5 },
    fromReference: null,
    prefillTokensPerSecond: { value: 100, spread: 1, n: 5 },
    decodeTokensPerSecond: { value: speed, spread: 3, n: 5 },
    firstTokenMs: { value: 10, spread: 1, n: 5 },
    validationLoss: { value: loss, spread: 0.1, n: 20 },
  })

  test('says nothing about what was not measured', () => {
    expect(verdictOf([cell('float32', false, { speed: 100, loss: 3 })])).toEqual({
      adapterLoss: null,
      int8Bytes: null,
      int8Speed: null,
      int8Loss: null,
    })
  })

  test('a difference of speed within the spread is none', () => {
    const verdict = verdictOf([
      cell('float32', false, { speed: 100, loss: 3 }),
      cell('int8', false, { speed: 105, loss: 3.0005 }),
    ])
    expect(verdict.int8Speed?.direction).toBe('same')
    expect(verdict.int8Loss?.direction).toBe('same')
    expect(verdict.int8Bytes?.direction).toBe('down')
  })

  test('slower and worse are said', () => {
    const verdict = verdictOf([
      cell('float32', false, { speed: 100, loss: 3 }),
      cell('float32', true, { speed: 90, loss: 3.3 }),
      cell('int8', true, { speed: 60, loss: 3.4 }),
    ])
    expect(verdict.adapterLoss?.direction).toBe('up')
    expect(verdict.int8Speed?.direction).toBe('down')
  })
})
