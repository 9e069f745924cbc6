// What a tokenizer.json may say, and how it is refused. See tokenizer.test.ts for what a sound one does.
import { describe, expect, test } from 'vitest'
import { encodeUtf8 } from '../../../src/base/bytes'
import { AppError } from '../../../src/base/errors'
import { checkVocabulary, loadTokenizer } from '../../../src/text/tokenizer'
import { parseTokenizerJson } from '../../../src/text/tokenizerFile'
import { knownPatterns } from '../../../src/text/tokenizerSplit'
import { type TinyTokenizerJson, tinyTokenizerJson } from './tinyTokenizer'

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
const chain = (length: number): unknown[] => Array.from({ length }, () => ({ type: 'NFC' }))
const replace = (pattern: unknown, content: string) => ({ type: 'Replace', pattern, content })
const splitPart = (Regex: string) => ({ type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false })
const split = (Regex: string) =>
  set('pre_tokenizer', {
    type: 'Sequence',
    pretokenizers: [splitPart(Regex), { type: 'ByteLevel', add_prefix_space: false, use_regex: false }],
  })
const [llama3 = ''] = knownPatterns.keys()

// The numbers are those of the list of malformed files the project keeps for each format.
const invalid: [string, Change][] = [
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
    'a control token that is a byte',
    (json) => ({
      ...json,
      added_tokens: [...json.added_tokens, { id: json.model.vocab['c'], content: 'c', special: true }],
    }),
  ],
  [
    'C22 an unknown token outside the vocabulary',
    (json) => ({ ...json, model: { ...json.model, unk_token: '<unk>' } }),
  ],
  [
    'C23 70,000 added tokens',
    (json) => ({
      ...json,
      added_tokens: Array.from({ length: 70_000 }, (_, index) => ({ id: 264 + index, content: `<${index}>` })),
    }),
  ],
  [
    'C23 too many characters of added tokens',
    (json) => ({
      ...json,
      added_tokens: Array.from({ length: 10_000 }, (_, index) => ({
        id: index,
        content: `${index}`.padStart(200, '<'),
      })),
    }),
  ],
  [
    'a post-processor that writes an id beyond the vocabulary',
    set('post_processor', {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      special_tokens: { '<s>': { id: '<s>', ids: [9999], tokens: ['<s>'] } },
    }),
  ],
  ['C29 a chain of 20,000 normalizers', set('normalizer', { type: 'Sequence', normalizers: chain(20_000) })],
  ['a chain that is no list', set('normalizer', { type: 'Sequence', normalizers: 7 })],
  ['a normalizer that is no object', set('normalizer', 'NFC')],
  ['no end of text', set('added_tokens', [])],
]

/** Each takes seconds to years on a text that fits it badly. */
const slowPatterns = [
  '(a+)+$',
  '(.*a){20}',
  '(a|a)*$',
  '(a|aa)+$',
  '(a|a?)+$',
  '(.*)*x',
  '([a-z]+)*\\d',
  '(\\s+)+$',
  '(x+x+)+y',
  '(?:\\p{L}+)*!',
  '(?=(a+))*b',
  '^(\\w+\\s?)*$',
]

const unsupported: [string, Change][] = [
  ...slowPatterns.map((pattern): [string, Change] => [`C25, C26 the pattern ${pattern}`, split(pattern)]),
  ['C27 a replacing normalizer', set('normalizer', replace({ Regex: '(a+)+$' }, ''))],
  ['C27 a replacing decoder', set('decoder', replace({ Regex: '(a+)+$' }, ''))],
  [
    'C28 normalizers that grow the text a trillionfold',
    set('normalizer', {
      type: 'Sequence',
      normalizers: Array.from({ length: 8 }, () => replace({ String: 'a' }, 'a'.repeat(10))),
    }),
  ],
  ['C29 20,000 nested normalizers', set('normalizer', nested(20_000))],
  ['C30 an invalid pattern', split('(')],
  ['C30 a pattern with lookbehind', split('(?<=a)b')],
  ['C31 a charsmap', set('normalizer', { type: 'Precompiled', precompiled_charsmap: 'A' })],
  ['a known pattern that is inverted', set('pre_tokenizer', { ...splitPart(llama3), invert: true })],
  ['a known pattern that removes', set('pre_tokenizer', { ...splitPart(llama3), behavior: 'Removed' })],
  ['a known pattern without bytes', set('pre_tokenizer', splitPart(llama3))],
  ['no decoder', set('decoder', null)],
  [
    'a pre-tokenizer after the bytes',
    set('pre_tokenizer', {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Digits', individual_digits: true },
        { type: 'ByteLevel', add_prefix_space: false, use_regex: true },
        splitPart(llama3),
      ],
    }),
  ],
  ['byte tokens beside bytes', (json) => ({ ...json, model: { ...json.model, byte_fallback: true } })],
  ['a post-processor of BERT', set('post_processor', { type: 'BertProcessing', sep: ['a', 1], cls: ['b', 2] })],
]

/** Refused, or read, within a second: the promise for every file. */
function within<Value>(run: () => Value): Value {
  const start = performance.now()
  try {
    return run()
  } finally {
    expect(performance.now() - start).toBeLessThan(1000)
  }
}

function refusal(run: () => unknown): string {
  try {
    within(run)
  } catch (thrown) {
    return thrown instanceof AppError ? thrown.code : `untyped: ${String(thrown)}`
  }
  return 'accepted'
}

describe('malformed tokenizers', () => {
  test.each(invalid)('%s', (_name, change) => {
    const json = change(tinyTokenizerJson())
    expect(refusal(() => loadTokenizer(json))).toBe('tokenizer/invalid')
  })

  test.each([
    ['C01 no bytes', new Uint8Array()],
    ['C02 no JSON', encodeUtf8('tokenizer')],
    ['no UTF-8', Uint8Array.of(0xff, 0xfe)],
    ['C05 depth of 100,000', encodeUtf8('['.repeat(100_000))],
    ['C05 depth of 100,000, closed', encodeUtf8('['.repeat(100_000) + ']'.repeat(100_000))],
    ['C04 65 MiB', new Uint8Array(65 * 1024 * 1024)],
    [
      'C13 a token twice',
      encodeUtf8(JSON.stringify(tinyTokenizerJson()).replace('"vocab":{', '"vocab":{"cat":264,"zebra":265,')),
    ],
  ])('%s', (_name, bytes) => {
    expect(refusal(() => loadTokenizer(parseTokenizerJson(bytes)))).toBe('tokenizer/invalid')
  })
})

describe('tokenizers of unknown kinds', () => {
  test.each(unsupported)('%s', (_name, change) => {
    const json = change(tinyTokenizerJson())
    expect(refusal(() => loadTokenizer(json))).toBe('tokenizer/unsupported')
  })

  test('C15 more tokens than the embedding has rows', () => {
    const tokenizer = loadTokenizer(tinyTokenizerJson())
    expect(refusal(() => checkVocabulary(tokenizer, 263))).toBe('tokenizer/invalid')
    expect(refusal(() => checkVocabulary(tokenizer, 264))).toBe('accepted')
    expect(refusal(() => checkVocabulary(tokenizer, 320))).toBe('accepted')
  })
})

describe('what is odd but sound', () => {
  test('C16 and C24: names of object properties and regular expressions are plain tokens', () => {
    const text = JSON.stringify(tinyTokenizerJson())
      .replace('"vocab":{', '"vocab":{"__proto__":264,"constructor":265,"(a+)+$":266,')
      .replace('"added_tokens":[', '"added_tokens":[{"id":266,"content":"(a+)+$","special":false},')
    const strange = loadTokenizer(parseTokenizerJson(encodeUtf8(text)))
    expect(strange.vocabularySize).toBe(267)
    expect(strange.encode('x(a+)+$').at(-1)).toBe(266)
    expect(strange.decode(strange.encode('__proto__ constructor'))).toBe('__proto__ constructor')
  })

  test('C19 of a merge that stands there twice the later counts, as in the reference', () => {
    const json = tinyTokenizerJson()
    json.model.vocab['at'] = 264
    json.model.merges = ['a t', 'c a', 'ca t']
    const shown = () => {
      const tokenizer = loadTokenizer(json)
      return tokenizer.encode('cat').map((id) => tokenizer.decodeToken(id))
    }
    expect(shown()).toEqual(['c', 'at'])
    json.model.merges = ['a t', 'c a', 'ca t', 'a t']
    expect(shown()).toEqual(['cat'])
  })

  test('C20 merges as strings and as pairs', () => {
    const json = tinyTokenizerJson()
    json.model.merges = ['Ġ t', ['h', 'e'], 'Ġt he', ['c', 'a'], 'ca t']
    expect(loadTokenizer(json).encode(' the cat')).toEqual(loadTokenizer(tinyTokenizerJson()).encode(' the cat'))
  })
})

describe('what ends and begins a text', () => {
  test('the configuration names the end', () => {
    expect(loadTokenizer(tinyTokenizerJson(), { eos_token: '<|im_end|>' }).endOfTextId).toBe(2)
    expect(loadTokenizer(tinyTokenizerJson(), { eos_token: { content: '<|im_end|>' } }).endOfTextId).toBe(2)
    expect(loadTokenizer(tinyTokenizerJson(), { eos_token: 7 }).endOfTextId).toBe(0)
  })

  test('the generation configuration names more ends', () => {
    const ends = (config: unknown, generation: unknown) =>
      loadTokenizer(tinyTokenizerJson(), config, generation).endOfTextIds
    expect(ends({ eos_token: '<|im_end|>' }, { eos_token_id: [0, 2] })).toEqual([2, 0])
    expect(ends(undefined, { eos_token_id: 2 })).toEqual([2])
    expect(ends(undefined, { eos_token_id: [-1] })).toEqual([0])
    expect(ends(undefined, { eos_token_id: [99_999] })).toEqual([0])
  })

  const writing = (content: string, id: number) => ({
    ...tinyTokenizerJson(),
    post_processor: {
      type: 'Sequence',
      processors: [
        { type: 'ByteLevel', trim_offsets: false },
        {
          type: 'TemplateProcessing',
          single: [{ SpecialToken: { id: content, type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
          special_tokens: { [content]: { id: content, ids: [id], tokens: [content] } },
        },
      ],
    },
  })

  test.each([
    ['nobody asks for one', tinyTokenizerJson(), undefined, undefined],
    ['the post-processor writes one', writing('<|im_start|>', 1), undefined, 1],
    ['add_bos_token forbids it', writing('<|im_start|>', 1), { add_bos_token: false }, undefined],
    ['add_bos_token asks for one', tinyTokenizerJson(), { add_bos_token: true, bos_token: '<|im_start|>' }, 1],
    ['add_bos_token keeps the one written', writing('<|im_start|>', 1), { add_bos_token: true }, 1],
  ])('%s', (_name, json, config, id) => {
    expect(loadTokenizer(json, config).beginOfTextId).toBe(id)
  })

  test('a beginning without its token is refused', () => {
    expect(refusal(() => loadTokenizer(tinyTokenizerJson(), { add_bos_token: true }))).toBe('tokenizer/invalid')
  })
})
