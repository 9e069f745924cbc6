import { describe, expect, test } from 'vitest'
import { batchOrder, buildTokenSet, isTrainable, isTruncated } from '../../../src/text/batches'
import type { TokenSample } from '../../../src/text/samples'
import { IGNORED_LABEL } from '../../../src/text/types'

const X = IGNORED_LABEL
const running = (...ids: number[]): TokenSample => ({
  ids: Uint32Array.from(ids),
  trained: new Uint8Array(ids.length).fill(1),
  isPacked: true,
})
/** A row whose first `masked` tokens are not trained. */
const row = (masked: number, ...ids: number[]): TokenSample => ({
  ids: Uint32Array.from(ids),
  trained: Uint8Array.from(ids, (_, index) => (index < masked ? 0 : 1)),
  isPacked: false,
})
const build = (samples: TokenSample[], sequenceLength = 4) => {
  const set = buildTokenSet(samples, { sequenceLength, paddingId: 0 })
  const { documentStarts, ...rest } = set
  const starts = documentStarts ? { documentStarts: [...documentStarts] } : {}
  return { ...rest, ...starts, tokens: [...set.tokens], labels: [...set.labels] }
}

describe('buildTokenSet', () => {
  test('running text is joined and cut, every token but the first a label', () => {
    expect(build([running(1, 2, 3, 9), running(4, 5, 9)])).toEqual({
      tokens: [1, 2, 3, 9, 4, 5, 9, 0],
      labels: [2, 3, 9, 4, 5, 9, X, X],
      // The end (9) is the last label of the first text and where the second begins.
      documentStarts: [0, 0, 0, 3, 0, 0, 0, 0],
      sequenceLength: 4,
      sequences: 2,
      labelledTokens: 6,
    })
  })

  test.each([
    [2, 1],
    [4, 1],
    [5, 1],
    [6, 2],
    [9, 2],
    [10, 3],
  ])('%d tokens of running text make %d sequences of 4', (count, sequences) => {
    const set = build([running(...Array.from({ length: count }, (_, i) => i + 1))])
    expect(set.sequences).toBe(sequences)
    expect(set.labelledTokens).toBe(count - 1)
  })

  test('no position can see the text before its own', () => {
    const texts = [running(1, 2, 9), running(3, 9), running(4, 5, 6, 7, 8, 9), running(2, 9)]
    const { documentStarts, tokens } = build(texts, 8)
    expect(tokens).toEqual([1, 2, 9, 3, 9, 4, 5, 6, 7, 8, 9, 2, 9, 0, 0, 0])
    expect(documentStarts).toEqual([0, 0, 2, 2, 4, 4, 4, 4, 0, 0, 2, 2, 2, 0, 0, 0])
  })

  test('a text with a token of its own to begin with does not begin with the end before it', () => {
    const begun = (...ids: number[]): TokenSample => ({ ...row(1, ...ids), isPacked: true })
    const { documentStarts, labels } = build([begun(1, 5, 9), begun(1, 6, 9)], 6)
    expect(documentStarts).toEqual([0, 0, 0, 3, 3, 3])
    expect(labels).toEqual([5, 9, X, 6, 9, X])
  })

  test('where every sequence is one row there are no starts to keep', () => {
    expect(buildTokenSet([row(1, 1, 2)], { sequenceLength: 4, paddingId: 0 })).not.toHaveProperty('documentStarts')
  })

  test('a row keeps its own sequence, its prompt masked, the rest padded', () => {
    expect(build([row(2, 1, 2, 3), row(1, 4, 5)])).toMatchObject({
      tokens: [1, 2, 3, 0, 4, 5, 0, 0],
      labels: [X, 3, X, X, 5, X, X, X],
      sequences: 2,
      labelledTokens: 2,
    })
  })

  test('a long row is cut, the token after the cut still a label', () => {
    expect(build([row(1, 1, 2, 3, 4, 5, 6, 7)])).toMatchObject({ tokens: [1, 2, 3, 4], labels: [2, 3, 4, 5] })
  })

  test('running text comes before rows', () => {
    expect(build([row(1, 7, 8), running(1, 2)], 2)).toMatchObject({ tokens: [1, 2, 7, 8], labels: [2, X, 8, X] })
  })

  test('E18 nothing to train on is an error', () => {
    const long = row(6, 1, 2, 3, 4, 5, 6, 7)
    expect(isTrainable(long, 4)).toBe(false)
    expect(isTrainable(row(4, 1, 2, 3, 4, 5), 4)).toBe(true)
    expect(() => build([long])).toThrow(expect.objectContaining({ code: 'corpus/no-trained-tokens' }))
    expect(() => build([])).toThrow(expect.objectContaining({ code: 'corpus/no-trained-tokens' }))
  })

  test('a set beyond memory is refused before it is made', () => {
    const samples = Array.from({ length: 40_000 }, () => row(1, 1, 2))
    expect(() => build(samples, 2048)).toThrow(expect.objectContaining({ code: 'corpus/too-large' }))
  })

  test('a row is truncated when more than its last label is cut', () => {
    expect(isTruncated(row(1, 1, 2, 3, 4, 5), 4)).toBe(false)
    expect(isTruncated(row(1, 1, 2, 3, 4, 5, 6), 4)).toBe(true)
    expect(isTruncated(running(1, 2, 3, 4, 5, 6), 4)).toBe(false)
  })
})

describe('batchOrder', () => {
  const stream = (sequences: number, batchSize: number, steps: number, seed = 1): number[] =>
    Array.from({ length: steps }, (_, step) => [...batchOrder(sequences, batchSize, seed, step)]).flat()

  test('every epoch visits every sequence once, in another order', () => {
    const visited = stream(10, 5, 4)
    const epochs = [visited.slice(0, 10), visited.slice(10)]
    for (const epoch of epochs) expect([...epoch].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(epochs[0]).not.toEqual(epochs[1])
  })

  test('the size of the batch does not change the order', () => {
    expect(stream(7, 3, 14)).toEqual(stream(7, 6, 7))
    expect(stream(7, 3, 14)).toEqual(stream(7, 42, 1))
  })

  test('a step depends on nothing before it', () => {
    const later = [...batchOrder(13, 4, 5, 1000)]
    batchOrder(13, 4, 5, 3)
    batchOrder(99, 4, 6, 1)
    expect([...batchOrder(13, 4, 5, 1000)]).toEqual(later)
  })

  test('one sequence and a large batch', () => {
    expect(stream(1, 3, 2)).toEqual([0, 0, 0, 0, 0, 0])
  })

  test('another seed is another order', () => {
    expect(stream(50, 50, 1, 1)).not.toEqual(stream(50, 50, 1, 2))
  })
})
