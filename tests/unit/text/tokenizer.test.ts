import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeUtf8 } from '../../../src/base/bytes'
import { byteCharacters } from '../../../src/text/byteAlphabet'
import { loadTokenizer } from '../../../src/text/tokenizer'
import { byteTokens } from '../../../src/text/tokenizerFile'
import { tinySentencePieceJson, tinyTokenizer, tinyTokenizerJson } from './tinyTokenizer'

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

  test('a very long run of letters is merged as a whole', () => {
    expect(tokenizer.encode('cat'.repeat(20_000)).length).toBe(20_000)
  })

  test('an added token of letters beyond ASCII decodes to itself', () => {
    const json = tinyTokenizerJson()
    json.added_tokens.push({ id: 264, content: 'él', special: false })
    const flagged = loadTokenizer(json)
    expect(flagged.encode('él')).toEqual([264])
    expect(flagged.decode([264])).toBe('él')
  })

  test('special tokens are control tokens only in the ranges that are allowed', () => {
    const text = '<|im_end|>cat<|im_end|>'
    const encode = (start: number, end: number) => tokenizer.encode(text, { allowSpecial: [{ start, end }] })
    expect(encode(0, 10).filter((id) => id < 3)).toEqual([2])
    expect(encode(0, 10)[0]).toBe(2)
    expect(encode(1, text.length).at(-1)).toBe(2)
    expect(encode(1, text.length).filter((id) => id < 3)).toEqual([2])
    expect(encode(0, 9).filter((id) => id < 3)).toEqual([])
  })

  test('an added token that is no token of the model comes out of no other text', () => {
    const json = tinyTokenizerJson()
    json.added_tokens.push({ id: 264, content: 'hat', special: false, single_word: true, normalized: false })
    const flagged = loadTokenizer({ ...json, model: { ...json.model, ignore_merges: true } })
    expect(flagged.encode('hat')).toEqual([264])
    expect(flagged.encode('hat23')).not.toContain(264)
  })

  describe('a control character whose byte has no token', () => {
    const json = tinyTokenizerJson()
    const without = json.model.vocab[byteCharacters[4] ?? ''] as number
    const left = Object.entries(json.model.vocab as Record<string, number>).filter(([, id]) => id !== without)
    const vocab = Object.fromEntries(left.map(([token, id]) => [token, id > without ? id - 1 : id]))
    const encode = (changes: { unk_token?: string; fuse_unk?: boolean }, text: string): string[] => {
      const tokenizerOfChanges = loadTokenizer({ ...json, model: { ...json.model, vocab, ...changes } })
      return tokenizerOfChanges.encode(text).map((id) => tokenizerOfChanges.decodeToken(id))
    }

    test('is left out, as in the reference', () => {
      expect(encode({}, 'c\x04a')).toEqual(['c', 'a'])
      expect(encode({}, '\x04')).toEqual([])
      expect(encode({}, '\x05')).toEqual(['\x05'])
    })

    test('becomes the unknown token where there is one', () => {
      expect(encode({ unk_token: 'Q' }, 'c\x04\x04a')).toEqual(['c', 'Q', 'Q', 'a'])
      expect(encode({ unk_token: 'Q', fuse_unk: true }, 'c\x04\x04a\x04')).toEqual(['c', 'Q', 'a', 'Q'])
    })
  })

  test('white space that a token took along is no token again', () => {
    const json = tinyTokenizerJson()
    json.added_tokens.push({ id: 264, content: '<end>', special: false, rstrip: true, normalized: false })
    json.added_tokens.push({ id: 265, content: '  ', special: false, normalized: false })
    const flagged = loadTokenizer(json)
    expect(flagged.encode('<end>  ')).toEqual([264])
    expect(flagged.encode('  <end>')).toEqual([265, 264])
  })

  test('a long run of combining marks takes no quadratic time', () => {
    const composing = loadTokenizer({ ...tinyTokenizerJson(), normalizer: { type: 'NFC' } })
    const text = `e${'\u0301\u0316'.repeat(200_000)}`
    const start = performance.now()
    expect(composing.encode(text).length).toBeGreaterThan(600_000)
    // As one run, 400,000 marks are sorted for a minute.
    expect(performance.now() - start).toBeLessThan(5000)
    expect(composing.decode(composing.encode('e\u0301'))).toBe('é')
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

describe('SentencePiece', () => {
  const sentencePiece = loadTokenizer(tinySentencePieceJson())
  const shown = (text: string, after: 'nothing' | 'special' | 'text' = 'nothing') =>
    sentencePiece.encode(text, { after }).map((id) => sentencePiece.decodeToken(id))

  test('a space comes before a text, not before one that goes on', () => {
    expect(shown('the the')).toEqual([' the', ' the'])
    expect(shown('the the', 'special')).toEqual([' the', ' the'])
    expect(shown('the the', 'text')).toEqual(['the', ' the'])
    expect(sentencePiece.decode(sentencePiece.encode('the the'))).toBe('the the')
  })

  test('with Metaspace at the beginning only, none comes after a special token', () => {
    const json = tinySentencePieceJson()
    const first = loadTokenizer({
      ...json,
      normalizer: null,
      pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'first', split: false },
    })
    const encode = (after: 'nothing' | 'special' | 'text') =>
      first.encode('the', { after }).map((id) => first.decodeToken(id))
    expect([encode('nothing'), encode('special'), encode('text')]).toEqual([[' the'], ['the'], ['the']])
  })

  test('characters outside the vocabulary are bytes', () => {
    expect(shown('é', 'text')).toEqual(['<C3>', '<A9>'])
    expect(sentencePiece.decode(sentencePiece.encode('the 한글\n'))).toBe('the 한글\n')
  })

  test('a stream keeps the space it begins with', () => {
    const stream = sentencePiece.decodeStream()
    expect(sentencePiece.encode('the').map((id) => stream.push(id))).toEqual([' the'])
  })

  test('merging word by word has the ids of merging whole texts', () => {
    const unit = fc.constantFrom('t', 'h', 'e', ' ', 'the', 'x', '가', '\n', '<s>', '▁')
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 30 }), (parts) => {
        const text = parts.join('')
        expect(sentencePiece.encode(text)).toEqual(mergeWhole(text))
      }),
      { numRuns: 300, seed: 1 },
    )
  })
})

/** The definition: the lowest-ranked pair of the whole text, leftmost first, until there is none. */
function mergeWhole(text: string): number[] {
  if (text === '') return []
  const { vocab, merges } = tinySentencePieceJson().model
  const word = Array.from(`▁${text.replaceAll(' ', '▁')}`)
  for (;;) {
    const ranks = word.slice(1).map((right, i) => merges.findIndex(([a, b]) => a === word[i] && b === right))
    const best = Math.min(...ranks.filter((rank) => rank >= 0))
    if (!Number.isFinite(best)) break
    const at = ranks.indexOf(best)
    word.splice(at, 2, `${word[at]}${word[at + 1]}`)
  }
  return word.flatMap(
    (token) => vocab[token] ?? Array.from(encodeUtf8(token), (byte) => vocab[byteTokens[byte] ?? ''] ?? -1),
  )
}

describe('long texts take seconds at most', () => {
  const size = 250_000
  test.each([
    ['one letter', 'a'.repeat(size)],
    ['a word without spaces', 'thecat'.repeat(size / 6)],
    ['spaces', ' '.repeat(size)],
    ['spaces and a letter', `${' '.repeat(size)}x`],
    ['line breaks and spaces', '\n   '.repeat(size / 4)],
    ['digits', '1'.repeat(size)],
    ['Korean', '가'.repeat(size / 3)],
    ['emoji', '🙂'.repeat(size / 4)],
    ['nearly a special token', '<|im_en'.repeat(size / 7)],
    ['apostrophes', "'".repeat(size)],
    ['words', 'the cat '.repeat(size / 8)],
  ])('%s', (_name, text) => {
    for (const one of [tokenizer, loadTokenizer(tinySentencePieceJson())]) {
      const start = performance.now()
      expect(one.decode(one.encode(text))).toBe(text)
      // Half a second on two shared cores; what is quadratic takes minutes.
      expect(performance.now() - start).toBeLessThan(4000)
    }
  })
})
