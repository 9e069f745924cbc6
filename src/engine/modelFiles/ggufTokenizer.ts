// The tokenizer inside a GGUF file, in the shape of Hugging Face's tokenizer.json and tokenizer_config.json.
import { AppError } from '../../base/errors'
import type { GgufHeader, GgufValue } from '../../formats/gguf'

export interface GgufTokenizer {
  readonly tokenizer: Record<string, unknown>
  /** As tokenizer_config.json names them. */
  readonly config: {
    readonly eos_token: string
    readonly bos_token?: string
    readonly add_bos_token: boolean
    readonly chat_template?: string
  }
}

export const MAX_TEMPLATE_CHARACTERS = 65_536
/** The sum of the squares of the tokens' lengths. A vocabulary of 32,000 pieces has 1 million; this many take 0.7 s. */
const MAX_MERGE_WORK = 8_000_000
/** Such a vocabulary has 59,000, which take 0.2 s. */
const MAX_MERGES = 250_000

/** llama.cpp's numbers for kinds of tokens. */
const UNKNOWN = 2
const CONTROL = 3
const USER_DEFINED = 4
const BYTE = 6

const LLAMA3_PATTERN =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
const QWEN2_PATTERN =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"

const byteLevel = (usesPattern: boolean) => ({
  type: 'ByteLevel',
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: usesPattern,
})
const splitBy = (pattern: string) => ({
  type: 'Sequence',
  pretokenizers: [
    { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false },
    byteLevel(false),
  ],
})

interface Scheme {
  readonly normalizer: unknown
  readonly pre_tokenizer: unknown
  readonly ignoresMerges: boolean
}

const gpt2Scheme: Scheme = { normalizer: null, pre_tokenizer: byteLevel(true), ignoresMerges: false }

/** By `tokenizer.ggml.pre`. */
const schemes: ReadonlyMap<string, Scheme> = new Map([
  ['default', gpt2Scheme],
  ['gpt-2', gpt2Scheme],
  [
    'smollm',
    {
      normalizer: null,
      pre_tokenizer: {
        type: 'Sequence',
        pretokenizers: [{ type: 'Digits', individual_digits: true }, byteLevel(true)],
      },
      ignoresMerges: false,
    },
  ],
  ['llama-bpe', { normalizer: null, pre_tokenizer: splitBy(LLAMA3_PATTERN), ignoresMerges: true }],
  ['smaug-bpe', { normalizer: null, pre_tokenizer: splitBy(LLAMA3_PATTERN), ignoresMerges: false }],
  ['qwen2', { normalizer: { type: 'NFC' }, pre_tokenizer: splitBy(QWEN2_PATTERN), ignoresMerges: false }],
])

/** @throws AppError `tokenizer/invalid` naming what is missing, of another length, or of a kind we do not know. */
export function tokenizerOfGguf({ metadata, tensors }: GgufHeader): GgufTokenizer {
  const kind = metadata.get('tokenizer.ggml.model')
  const tokens = strings(metadata, 'tokens')
  const types = numbers(metadata, 'token_type')
  if (types && types.length !== tokens.length) throw invalid(`${tokens.length} tokens, but ${types.length} types`)
  const rows = tensors.get('token_embd.weight')?.shape[0] ?? tokens.length
  if (rows !== tokens.length) throw invalid(`${tokens.length} tokens, but ${rows} rows in the embedding`)
  const wrongByte = tokens.find((token, id) => types?.[id] === BYTE && !/^<0x[0-9A-F]{2}>$/.test(token))
  if (wrongByte !== undefined) throw invalid(`the token ${JSON.stringify(wrongByte.slice(0, 40))} for a byte`)
  const added = tokens.flatMap((content, id) => {
    const type = types?.[id]
    const special = type === CONTROL || type === UNKNOWN
    return special || type === USER_DEFINED ? [{ id, content, ...addedFlags, special }] : []
  })
  const tokenizer =
    kind === 'gpt2'
      ? byteLevelFile(metadata, tokens, added)
      : kind === 'llama'
        ? sentencePieceFile(metadata, tokens, added)
        : unknown(`the tokenizer model ${String(kind).slice(0, 80)}`)
  return { tokenizer, config: readConfig(metadata, tokens) }
}

const addedFlags = { single_word: false, lstrip: false, rstrip: false, normalized: false }

type Added = (typeof addedFlags & { id: number; content: string; special: boolean })[]
type Metadata = ReadonlyMap<string, GgufValue>

function byteLevelFile(metadata: Metadata, tokens: readonly string[], added: Added): Record<string, unknown> {
  const name = metadata.get('tokenizer.ggml.pre') ?? 'default'
  const scheme = typeof name === 'string' ? schemes.get(name) : undefined
  if (!scheme) return unknown(`the pre-tokenizer ${String(name).slice(0, 80)}`)
  return {
    version: '1.0',
    added_tokens: added,
    normalizer: scheme.normalizer,
    pre_tokenizer: scheme.pre_tokenizer,
    post_processor: null,
    decoder: byteLevel(true),
    model: {
      type: 'BPE',
      ignore_merges: scheme.ignoresMerges,
      vocab: vocabularyOf(tokens),
      merges: strings(metadata, 'merges'),
    },
  }
}

function sentencePieceFile(metadata: Metadata, tokens: readonly string[], added: Added): Record<string, unknown> {
  const scores = numbers(metadata, 'scores')
  if (scores?.length !== tokens.length) throw invalid(`${tokens.length} tokens, but ${scores?.length ?? 0} scores`)
  const unknownId = metadata.get('tokenizer.ggml.unknown_token_id') ?? 0
  // Where no space is put in front of a text, none is taken from it.
  const hasMark = metadata.get('tokenizer.ggml.add_space_prefix') !== false
  return {
    version: '1.0',
    added_tokens: added,
    normalizer: {
      type: 'Sequence',
      normalizers: [
        ...(hasMark ? [{ type: 'Prepend', prepend: '▁' }] : []),
        { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
      ],
    },
    pre_tokenizer: null,
    post_processor: null,
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        ...(hasMark ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : []),
      ],
    },
    model: {
      type: 'BPE',
      unk_token: typeof unknownId === 'number' ? (tokens[unknownId] ?? null) : null,
      fuse_unk: true,
      byte_fallback: true,
      vocab: vocabularyOf(tokens),
      merges: mergesByScore(tokens, scores),
    },
  }
}

/**
 * SentencePiece merges the neighbours whose joined piece has the best score; BPE wants pairs in their order.
 * The order among equals is that of transformers' converter (generate_merges).
 */
function mergesByScore(tokens: readonly string[], scores: readonly number[]): [string, string][] {
  const work = tokens.reduce((sum, { length }) => sum + length ** 2, 0)
  if (work > MAX_MERGE_WORK) throw invalid('tokens that are too long to find their merges')
  const known = new Set(tokens)
  const merges: (Merge & { score: number })[] = []
  for (const [id, token] of tokens.entries()) {
    for (const merge of mergesOf(token, known)) merges.push({ ...merge, score: scores[id] ?? 0 })
    if (merges.length > MAX_MERGES) throw invalid(`tokens with more than ${MAX_MERGES} merges`)
  }
  return merges.sort((a, b) => b.score - a.score || b.left - a.left || b.right - a.right).map(({ pair }) => pair)
}

interface Merge {
  readonly pair: [string, string]
  /** Characters of each half. */
  readonly left: number
  readonly right: number
}

/** The ways to put `token` together from two others. */
function mergesOf(token: string, known: ReadonlySet<string>): Merge[] {
  const merges: Merge[] = []
  const characters = Array.from(token)
  let at = 0
  for (const [index, character] of characters.slice(0, -1).entries()) {
    at += character.length
    const pair: [string, string] = [token.slice(0, at), token.slice(at)]
    if (known.has(pair[0]) && known.has(pair[1])) {
      merges.push({ pair, left: index + 1, right: characters.length - index - 1 })
    }
  }
  return merges
}

function vocabularyOf(tokens: readonly string[]): Record<string, number> {
  // fromEntries defines each name as its own: a token __proto__ is a token.
  const vocabulary = Object.fromEntries(tokens.map((token, id) => [token, id]))
  if (Object.keys(vocabulary).length !== tokens.length) throw invalid('a token twice')
  return vocabulary
}

function readConfig(metadata: Metadata, tokens: readonly string[]): GgufTokenizer['config'] {
  const named = (key: string): string | undefined => {
    const id = metadata.get(`tokenizer.ggml.${key}`)
    if (id === undefined) return undefined
    const token = typeof id === 'number' ? tokens[id] : undefined
    if (token === undefined) throw invalid(`${key} is ${String(id).slice(0, 40)}, outside the vocabulary`)
    return token
  }
  const eos = named('eos_token_id')
  if (eos === undefined) throw invalid('no token that ends a text')
  const bos = named('bos_token_id')
  const template = metadata.get('tokenizer.chat_template')
  if (typeof template === 'string' && template.length > MAX_TEMPLATE_CHARACTERS) {
    throw invalid(`a chat template of ${template.length} characters, over ${MAX_TEMPLATE_CHARACTERS}`)
  }
  return {
    eos_token: eos,
    ...(bos === undefined ? {} : { bos_token: bos }),
    add_bos_token:
      (metadata.get('tokenizer.ggml.add_bos_token') ?? metadata.get('tokenizer.ggml.model') === 'llama') === true,
    ...(typeof template === 'string' ? { chat_template: template } : {}),
  }
}

function strings(metadata: Metadata, key: string): readonly string[] {
  const value = metadata.get(`tokenizer.ggml.${key}`)
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value as readonly string[]
  throw invalid(`no ${key}`)
}

function numbers(metadata: Metadata, key: string): readonly number[] | undefined {
  const value = metadata.get(`tokenizer.ggml.${key}`)
  if (value === undefined) return undefined
  if (Array.isArray(value) && value.every((one) => typeof one === 'number')) return value as readonly number[]
  throw invalid(`${key} are no numbers`)
}

function unknown(what: string): never {
  throw invalid(what)
}

function invalid(message: string): AppError {
  return new AppError('tokenizer/invalid', { message: `GGUF metadata: ${message}` })
}
