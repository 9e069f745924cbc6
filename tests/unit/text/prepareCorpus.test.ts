import { describe, expect, test } from 'vitest'
import { encodeUtf8 } from '../../../src/base/bytes'
import { MAX_CORPUS_BYTES, prepareCorpus } from '../../../src/text/prepareCorpus'
import { IGNORED_LABEL, type PreparedCorpus, type PrepareOptions } from '../../../src/text/types'
import { tinyTokenizer } from './tinyTokenizer'

const tokenizer = tinyTokenizer()
const options: PrepareOptions = { sequenceLength: 32, validationShare: 0.2, seed: 1 }
const prepare = (name: string, text: string, change: Partial<PrepareOptions> = {}): PreparedCorpus =>
  prepareCorpus([{ name, bytes: encodeUtf8(text) }], { tokenizer }, { ...options, ...change })
const rows = (count: number, make: (index: number) => unknown): string =>
  Array.from({ length: count }, (_, index) => JSON.stringify(make(index))).join('\n')

const story = Array.from({ length: 30 }, (_, i) => `The ${i}th cat sat on the mat. ${'It sat. '.repeat(i)}`).join(
  '\n\n',
)

describe('prepareCorpus', () => {
  const prepared = prepare('story.txt', story)

  test('counts what it made', () => {
    const { statistics, train, validation, preview } = prepared
    expect(prepared.kind).toBe('text')
    expect(statistics.documents).toBe(statistics.trainDocuments + statistics.validationDocuments)
    expect(statistics.lengthHistogram.counts.reduce((sum, count) => sum + count, 0)).toBe(statistics.documents)
    expect(statistics.lengthHistogram.upTo.at(-1)).toBeGreaterThanOrEqual(statistics.longestDocumentTokens)
    expect(statistics.trainedTokens).toBe(train.labelledTokens)
    // Of each joined text only the first token is no label.
    expect(train.labelledTokens + validation.labelledTokens).toBe(statistics.tokens - 2)
    expect(preview.reduce((sum, { tokenCount }) => sum + tokenCount, 0)).toBe(statistics.tokens)
    expect(statistics.charactersPerToken).toBeGreaterThan(1)
  })

  test('the preview shows each document with its end', () => {
    const [first] = prepared.preview
    expect(first?.texts.join('')).toMatch(/^The 0th cat .*<\|endoftext\|>$/s)
    expect(first?.ids).toHaveLength(first?.trained.length ?? -1)
    expect(prepared.preview.filter(({ split }) => split === 'validation')).toHaveLength(
      prepared.statistics.validationDocuments,
    )
  })

  test('labels are the tokens that follow', () => {
    const { tokens, labels, sequenceLength, sequences } = prepared.train
    expect(tokens).toHaveLength(sequences * sequenceLength)
    const labelled = [...tokens.keys()].slice(0, -1).filter((i) => labels[i] !== IGNORED_LABEL)
    expect(labelled.map((i) => labels[i])).toEqual(labelled.map((i) => tokens[i + 1]))
  })

  test('the same request gives the same sets', () => {
    expect(prepare('story.txt', story)).toEqual(prepared)
  })

  test('a preview of a long document is cut', () => {
    const { preview, statistics } = prepare(
      'a.jsonl',
      rows(3, (i) => ({ text: `${i}${'x'.repeat(5999)}` })),
    )
    expect(statistics.documents).toBe(3)
    expect(preview[0]?.ids).toHaveLength(2000)
    expect(preview[0]?.tokenCount).toBe(6001)
  })

  test('several files are one corpus', () => {
    const files = ['a.txt', 'b.txt'].map((name) => ({ name, bytes: encodeUtf8(story) }))
    const { statistics, problems } = prepareCorpus(files, { tokenizer }, options)
    expect(statistics.documents).toBe(2 * prepared.statistics.documents)
    expect(problems).toEqual([
      { kind: 'duplicate-documents', file: '', count: prepared.statistics.documents, lines: [] },
    ])
  })

  test('what happened to rows is told', () => {
    const { problems, statistics, train, validation } = prepare(
      'a.jsonl',
      `${rows(20, (i) => ({ prompt: i === 3 ? 'q'.repeat(100) : `question ${i}`, completion: i === 5 ? 'a'.repeat(50) : 'so <|im_end|>' }))}\nbroken`,
    )
    expect(problems).toEqual([
      { kind: 'row-not-json', file: 'a.jsonl', count: 1, lines: [21] },
      { kind: 'special-tokens-as-text', file: '', count: 19, lines: [] },
      { kind: 'samples-truncated', file: '', count: 2, lines: [] },
      { kind: 'samples-without-trained-tokens', file: '', count: 1, lines: [] },
    ])
    expect(statistics.documents).toBe(20)
    expect(train.sequences + validation.sequences).toBe(19)
  })

  test('E22 nothing but copies cannot be held out from itself', () => {
    const copies = rows(50, () => ({ text: 'the same again' }))
    expect(() => prepare('a.jsonl', copies)).toThrow(expect.objectContaining({ code: 'corpus/too-small' }))
  })

  test('copies are told, stay on one side, and go with one click', () => {
    const twice = rows(40, (i) => ({ text: `The cat number ${i % 20} sat${i < 20 ? '' : '  '}` }))
    const { preview, problems, statistics } = prepare('a.jsonl', twice)
    expect(problems).toEqual([{ kind: 'duplicate-documents', file: '', count: 20, lines: [] }])
    expect(statistics.documents).toBe(40)
    const sideOf = (index: number) => preview.find(({ documentIndex }) => documentIndex === index)?.split
    for (let i = 0; i < 20; i++) expect(sideOf(i)).toBe(sideOf(i + 20))
    const fixed = prepare('a.jsonl', twice, { fixes: ['drop-duplicates'] })
    expect(fixed.statistics.documents).toBe(20)
    expect(fixed.problems).toEqual(problems)
  })

  test('a text with more tokens than characters is no fit for the tokenizer', () => {
    const told = (text: string) =>
      prepare('a.txt', text).problems.find(({ kind }) => kind === 'tokenizer-poor-fit')?.count ?? 0
    expect(told(story)).toBe(0)
    const korean = Array.from({ length: 30 }, (_, i) => `${i}번째 고양이가 깔개 위에 앉았어요. `.repeat(10)).join(
      '\n\n',
    )
    expect(told(korean)).toBeGreaterThan(10)
  })

  test('E10 half a character becomes U+FFFD', () => {
    const { preview } = prepare('a.jsonl', Array.from({ length: 20 }, (_, i) => `{"text":"a\\ud800b${i}"}`).join('\n'))
    expect(tokenizer.decode(preview[0]?.ids ?? [])).toBe('a\ufffdb0<|endoftext|>')
  })

  test('E34 floods of combining characters pass', () => {
    const flood = `${'e\u0301\u0302'.repeat(200)}\n\n${'👩‍👩‍👧‍👦'.repeat(60)}\n\n${'\u202eabc '.repeat(100)}`
    expect(prepare('a.txt', flood).statistics.documents).toBeGreaterThan(2)
  })
})

describe('errors', () => {
  test.each([
    ['one short text', 'a.txt', 'One short text.', 'corpus/too-small'],
    ['two rows of a word', 'a.jsonl', '{"text":"a"}\n{"text":"b"}', 'corpus/too-small'],
    [
      'E18 prompts longer than a sequence',
      'a.jsonl',
      rows(5, () => ({ prompt: 'q'.repeat(99), completion: 'a' })),
      'corpus/no-trained-tokens',
    ],
  ])('%s', (_name, file, text, code) => {
    expect(() => prepare(file, text)).toThrow(expect.objectContaining({ code }))
  })

  test('no files, and too many bytes', () => {
    expect(() => prepareCorpus([], { tokenizer }, options)).toThrow(expect.objectContaining({ code: 'corpus/empty' }))
    const bytes = { byteLength: MAX_CORPUS_BYTES + 1 } as Uint8Array
    expect(() => prepareCorpus([{ name: 'a', bytes }], { tokenizer }, options)).toThrow(
      expect.objectContaining({ code: 'corpus/too-large' }),
    )
  })
})
