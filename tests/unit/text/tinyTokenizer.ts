// The smallest tokenizer.json of the kind we read: 256 bytes, a few merges, three special tokens.
import { byteCharacters } from '../../../src/text/byteAlphabet'
import { loadTokenizer } from '../../../src/text/tokenizer'
import { byteTokens } from '../../../src/text/tokenizerFile'
import type { Tokenizer } from '../../../src/text/types'

export interface TinyTokenizerJson {
  normalizer: unknown
  pre_tokenizer: unknown
  decoder: unknown
  post_processor?: unknown
  added_tokens: {
    id: number
    content: string
    special?: boolean
    lstrip?: boolean
    rstrip?: boolean
    single_word?: boolean
    normalized?: boolean
  }[]
  model: { type: string; vocab: Record<string, unknown>; merges: unknown }
}

export function tinyTokenizerJson({ hasChatTokens = true } = {}): TinyTokenizerJson {
  const special = hasChatTokens ? ['<|endoftext|>', '<|im_start|>', '<|im_end|>'] : ['<|endoftext|>']
  const merges = [
    ['Ġ', 't'],
    ['h', 'e'],
    ['Ġt', 'he'],
    ['c', 'a'],
    ['ca', 't'],
  ]
  const tokens = [...special, ...byteCharacters, ...merges.map((pair) => pair.join(''))]
  return {
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    decoder: { type: 'ByteLevel' },
    added_tokens: special.map((content, id) => ({ id, content, special: true })),
    model: { type: 'BPE', vocab: Object.fromEntries(tokens.map((token, id) => [token, id])), merges },
  }
}

export function tinyTokenizer(options?: { hasChatTokens?: boolean }): Tokenizer {
  return loadTokenizer(tinyTokenizerJson(options))
}

/** The same for SentencePiece's kind: 256 bytes, a few letters, the merges of "the". */
export function tinySentencePieceJson() {
  const special = ['<unk>', '<s>', '</s>']
  const merges: [string, string][] = [
    ['h', 'e'],
    ['t', 'he'],
    ['▁', 'the'],
    ['▁', '▁'],
    ['▁', 't'],
  ]
  const letters = ['▁', 't', 'h', 'e', 'x', '<', 's', '>']
  const tokens = [...special, ...byteTokens, ...letters, ...merges.map((pair) => pair.join(''))]
  return {
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'Prepend', prepend: '▁' },
        { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
      ],
    } as unknown,
    pre_tokenizer: null as unknown,
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        { type: 'Strip', content: ' ', start: 1, stop: 0 },
      ],
    },
    added_tokens: special.map((content, id) => ({ id, content, special: true, normalized: false })),
    model: {
      type: 'BPE',
      unk_token: '<unk>',
      fuse_unk: true,
      byte_fallback: true,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])) as Record<string, number>,
      merges,
    },
  }
}
