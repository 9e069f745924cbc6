import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeUtf8 } from '../../../src/base/bytes'
import { loadTokenizer } from '../../../src/text/tokenizer'
import { parseTokenizerJson } from '../../../src/text/tokenizerFile'
import { type TinyTokenizerJson, tinyTokenizer, tinyTokenizerJson } from './tinyTokenizer'

const tokenizer = tinyTokenizer()

describe('encode and decode', () => {
  test('merges by rank', () => {
    expect(tokenizer.encode('the cat the').map((id) => tokenizer.decodeToken(id))).toEqual([
      't',
      'he',
      ' ',
      'cat',
      ' the',
    ])
  })

  test('nothing is nothing', () => {
    expect(tokenizer.encode('')).toEqual([])
    expect(tokenizer.decode([])).toBe('')
  })

  test('any text comes back, and no text becomes a special token', () => {
    const unit = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('<|im_end|>', '<|endoftext|>', ' the', '한글', '👩‍👧', '\n\n'),
    )
    fc.assert(
      fc.property(fc.array(unit), (parts) => {
        const text = parts.join('')
        const ids = tokenizer.encode(text)
        expect(tokenizer.decode(ids)).toBe(new TextDecoder('utf-8', { ignoreBOM: true }).decode(encodeUtf8(text)))
        expect(ids.every((id) => id > 2)).toBe(true)
      }),
      { numRuns: 150, seed: 1 },
    )
  })

  test('special tokens are one token when they are allowed', () => {
    const ids = tokenizer.encode('<|im_start|>cat<|im_end|><|im_end|', { allowSpecial: true })
    expect(ids.slice(0, 3).map((id) => tokenizer.decodeToken(id))).toEqual(['<|im_start|>', 'cat', '<|im_end|>'])
    expect(ids.filter((id) => id < 3)).toEqual([1, 2])
    expect(tokenizer.decode(ids, { skipSpecial: true })).toBe('cat<|im_end|')
  })

  test('merges cannot make a special token out of plain text', () => {
    const json = tinyTokenizerJson()
    const id = json.model.vocab['cat'] as number
    json.added_tokens.push({ id, content: 'cat', special: true })
    const strange = loadTokenizer(json)
    expect(strange.encode('cat').map((id) => strange.decodeToken(id))).toEqual(['ca', 't'])
    expect(strange.encode('cat', { allowSpecial: true })).toEqual([id])
  })

  test('added tokens take white space along, or need words apart, as their flags say', () => {
    const json = tinyTokenizerJson()
    json.added_tokens.push(
      { id: 264, content: '<mask>', special: false, lstrip: true },
      { id: 265, content: '<end>', special: false, rstrip: true },
      { id: 266, content: 'cat', special: false, single_word: true },
    )
    delete json.model.vocab['cat']
    json.model.merges = []
    delete json.model.vocab['ca']
    delete json.model.vocab['Ġt']
    delete json.model.vocab['Ġthe']
    delete json.model.vocab['he']
    for (const token of json.added_tokens) if (token.id > 263) token.id -= 5
    const flagged = loadTokenizer(json)
    const shown = (text: string): string[] => flagged.encode(text).map((id) => flagged.decodeToken(id))
    expect(shown('a \t<mask> b')).toEqual(['a', '<mask>', ' ', 'b'])
    expect(shown('a <end> \n b')).toEqual(['a', ' ', '<end>', 'b'])
    expect(shown('cat, cats 𝒂cat _cat').join(' ')).toBe('cat ,   c a t s   <F0> <9D> <92> <82> c a t   _ c a t')
  })

  test('a very long run of letters is encoded in parts', () => {
    expect(tokenizer.encode('cat'.repeat(20_000)).length).toBeLessThan(20_010)
  })
})

describe('tokens one by one', () => {
  test('part of a character is shown by its bytes', () => {
    const ids = tokenizer.encode('é')
    expect(ids.map((id) => tokenizer.decodeToken(id))).toEqual(['<C3>', '<A9>'])
    expect(tokenizer.decodeToken(999_999)).toBe('\ufffd')
  })

  test('a stream holds bytes back until they make a character', () => {
    const stream = tokenizer.decodeStream()
    const [a = 0, b = 0, c = 0] = tokenizer.encode('가')
    expect([stream.push(a), stream.push(b), stream.push(c), stream.end()]).toEqual(['', '', '가', ''])
    expect([stream.push(a), stream.end()]).toEqual(['', '\ufffd'])
  })
})

type Change = (json: TinyTokenizerJson) => unknown
const vocabulary =
  (change: (vocab: Record<string, unknown>) => void): Change =>
  (json) => {
    change(json.model.vocab)
    return json
  }
const set =
  (key: keyof TinyTokenizerJson, value: unknown): Change =>
  (json) => ({ ...json, [key]: value })
const nested = (depth: number): unknown =>
  Array.from({ length: depth }).reduce((inner) => ({ type: 'Sequence', normalizers: [inner] }), null as unknown)
const split = (Regex: string) => set('pre_tokenizer', { type: 'Split', pattern: { Regex }, behavior: 'Isolated' })

// The numbers are those of the list of malformed files the project keeps for each format.
const malformed: [string, Change][] = [
  ['C03 an array', () => []],
  ['C03 nothing', () => undefined],
  ['C06 an unknown model', (json) => ({ ...json, model: { ...json.model, type: 'Unigram' } })],
  ['C07 no vocabulary', (json) => ({ ...json, model: { ...json.model, vocab: undefined } })],
  ['C07 a vocabulary that is a list', (json) => ({ ...json, model: { ...json.model, vocab: [] } })],
  ...[-1, 1e18, 'x', 1.5, null, 4_000_000_000].map((id): [string, Change] => [
    `C08–C11, C14 the id ${String(id)}`,
    vocabulary((vocab) => (vocab['zebra'] = id)),
  ]),
  ['C12 an id twice', vocabulary((vocab) => (vocab['zebra'] = 5))],
  ['C14 a hole', vocabulary((vocab) => (vocab['zebra'] = 300))],
  ['C17 a token of 2 KiB', vocabulary((vocab) => (vocab['z'.repeat(2048)] = 264))],
  ['a byte without a token', vocabulary((vocab) => delete vocab['Ġ'])],
  ['C18 a merge outside the vocabulary', (json) => ({ ...json, model: { ...json.model, merges: [['q', 'q']] } })],
  ['C20 merges that are no pairs', (json) => ({ ...json, model: { ...json.model, merges: [['c', 'a', 't']] } })],
  ['C20 merges of numbers', (json) => ({ ...json, model: { ...json.model, merges: [[1, 2]] } })],
  [
    'C21 2.1 million merges',
    (json) => ({ ...json, model: { ...json.model, merges: Array.from({ length: 2_100_000 }, () => 'c a') } }),
  ],
  ['C23 an added token with another id', (json) => ({ ...json, added_tokens: [{ id: 9, content: '<|im_end|>' }] })],
  ['C23 an empty added token', (json) => ({ ...json, added_tokens: [{ id: 0, content: '' }] })],
  [
    'an added token that is a byte',
    (json) => ({ ...json, added_tokens: [...json.added_tokens, { id: json.model.vocab['c'], content: 'c' }] }),
  ],
  ['no end of text', set('added_tokens', [])],
  ['C25 a pattern that hangs', split('(a+)+$')],
  ['C26 a pattern that hangs', split('(.*a){20}')],
  ['C27 a replacing normalizer', set('normalizer', { type: 'Replace', pattern: { Regex: '(a+)+$' }, content: '' })],
  ['C29 20,000 nested normalizers', set('normalizer', nested(20_000))],
  ['C31 a charsmap', set('normalizer', { type: 'Precompiled', precompiled_charsmap: 'A' })],
  ['a prefix space', set('pre_tokenizer', { type: 'ByteLevel', add_prefix_space: true })],
  ['C30 an invalid pattern', split('(')],
  ['C30 a pattern with lookbehind', split('(?<=a)b')],
  ['no decoder', set('decoder', null)],
  [
    'a pre-tokenizer after one that is known',
    set('pre_tokenizer', {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Digits', individual_digits: true },
        { type: 'ByteLevel', add_prefix_space: false, use_regex: true },
        { type: 'Split', pattern: { Regex: '(a+)+$' }, behavior: 'Isolated' },
      ],
    }),
  ],
  ['no pre-tokenizer', set('pre_tokenizer', null)],
]

describe('malformed tokenizers', () => {
  test.each(malformed)('%s', (_name, change) => {
    expect(() => loadTokenizer(change(tinyTokenizerJson()))).toThrow(
      expect.objectContaining({ code: 'tokenizer/invalid' }),
    )
  })

  test.each([
    ['C01 no bytes', new Uint8Array()],
    ['C02 no JSON', encodeUtf8('tokenizer')],
    ['no UTF-8', Uint8Array.of(0xff, 0xfe)],
    ['C05 depth of 100,000', encodeUtf8('['.repeat(100_000))],
    ['C04 65 MiB', new Uint8Array(65 * 1024 * 1024)],
  ])('%s', (_name, bytes) => {
    expect(() => loadTokenizer(parseTokenizerJson(bytes))).toThrow(
      expect.objectContaining({ code: 'tokenizer/invalid' }),
    )
  })

  test('C16 and C24: names of object properties and regular expressions are plain tokens', () => {
    const text = JSON.stringify(tinyTokenizerJson())
      .replace('"vocab":{', '"vocab":{"__proto__":264,"constructor":265,"(a+)+$":266,')
      .replace('"added_tokens":[', '"added_tokens":[{"id":266,"content":"(a+)+$","special":false},')
    const strange = loadTokenizer(parseTokenizerJson(encodeUtf8(text)))
    expect(strange.vocabularySize).toBe(267)
    expect(strange.encode('x(a+)+$').at(-1)).toBe(266)
    expect(strange.decode(strange.encode('__proto__ constructor'))).toBe('__proto__ constructor')
  })

  test('the configuration names the end of text', () => {
    expect(loadTokenizer(tinyTokenizerJson(), { eos_token: '<|im_end|>' }).endOfTextId).toBe(2)
    expect(loadTokenizer(tinyTokenizerJson(), { eos_token: { content: '<|im_end|>' } }).endOfTextId).toBe(2)
    expect(loadTokenizer(tinyTokenizerJson(), { eos_token: 7 }).endOfTextId).toBe(0)
  })
})
