import { describe, expect, test } from 'vitest'
import type { CellMeasurement } from '../../../src/engine/api'
import { claimsOf } from '../../../src/features/compare/claims'
import { verdictOf } from '../../../src/features/compare/verdict'
import { markChangedWords, markPieces } from '../../../src/features/compare/wordDifference'
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

describe('pieces of an answer', () => {
  const pieces = ['the ca', 't s', 'at'].map((text, index) => ({ text, probability: index / 10 }))

  test('are cut where a changed word begins or ends, and keep their probability', () => {
    expect(markPieces('the dog sat', pieces)).toEqual([
      { text: 'the', probability: 0, isChanged: false },
      { text: ' ', probability: 0, isChanged: false },
      { text: 'ca', probability: 0, isChanged: true },
      { text: 't', probability: 0.1, isChanged: true },
      { text: ' s', probability: 0.1, isChanged: false },
      { text: 'at', probability: 0.2, isChanged: false },
    ])
  })

  test('of the same text are whole', () => {
    expect(markPieces('the cat sat', pieces).map(({ text }) => text)).toEqual(['the ca', 't s', 'at'])
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

function cell(
  precision: 'float32' | 'int8',
  usesAdapter: boolean,
  { speed, loss, general = 4 }: { speed: number; loss: number; general?: number },
): CellMeasurement {
  return {
    precision,
    usesAdapter,
    memory: emptyBytesByRole(),
    linearWeightBytes: precision === 'int8' ? 266 : 1000,
    int8Products: null,
    loadMs: 10,
    generalLoss: { value: general, spread: 0.1, n: 5 },
    fromReference: null,
    prefillTokensPerSecond: { value: 100, spread: 1, n: 5 },
    decodeTokensPerSecond: { value: speed, spread: 3, n: 5 },
    firstTokenMs: { value: 10, spread: 1, n: 5 },
    validationLoss: { value: loss, spread: 0.1, n: 20 },
  }
}

describe('the verdict', () => {
  test('says nothing about what was not measured', () => {
    expect(verdictOf([cell('float32', false, { speed: 100, loss: 3 })])).toEqual({
      adapterLoss: null,
      int8Bytes: null,
      int8Speed: null,
      int8Loss: null,
      int8Products: null,
      int8Agreement: null,
      generalLoss: null,
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

describe('forgetting', () => {
  const after = (general: number) =>
    verdictOf([
      cell('float32', false, { speed: 100, loss: 3, general: 4 }),
      cell('float32', true, { speed: 100, loss: 2, general }),
    ]).generalLoss?.direction

  test('is a rise of the loss on the general text, of a percent of perplexity or more', () => {
    expect([4.3, 4.005, 3.8].map(after)).toEqual(['up', 'same', 'down'])
  })
})

describe('the claims', () => {
  const states = (int8: CellMeasurement, adapterShare: number | null) => {
    const cells = { 'base-float32': cell('float32', false, { speed: 100, loss: 3 }), 'base-int8': int8 }
    return claimsOf(cells, adapterShare).map(({ state }) => state)
  }

  test('hold or fail by what was measured', () => {
    expect(states(cell('int8', false, { speed: 210, loss: 3.005 }), 0.03)).toEqual(['holds', 'holds', 'holds', 'holds'])
    expect(states(cell('int8', false, { speed: 105, loss: 3.02 }), 0.2)).toEqual(['holds', 'fails', 'fails', 'fails'])
  })

  test('are open where nothing was measured', () => {
    expect(claimsOf({}, null).map(({ state }) => state)).toEqual(['open', 'open', 'open', 'open'])
    expect(claimsOf({ 'base-int8': cell('int8', false, { speed: 1, loss: 1 }) }, null)[0]?.figure).toBeNull()
  })
})
