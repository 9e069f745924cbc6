// tokenizer.json, checked. Everything the tokenizer uses is copied out of the file here, so that nothing
// unchecked reaches the library: regular expressions of strangers can hang, wrong ids can point anywhere.
//
// Accepted: BPE with the normalizers, pre-tokenizers and decoders that tokenizerScheme.ts knows.
import * as v from 'valibot'
import { decodeUtf8 } from '../base/bytes'
import { AppError } from '../base/errors'
import { byteCharacters } from './byteAlphabet'
import type { AddedToken } from './tokenizerAdded'
import { recogniseScheme, type TokenizerScheme } from './tokenizerScheme'

export const MAX_TOKENIZER_BYTES = 64 * 1024 * 1024
const MAX_VOCABULARY = 1_048_576
const MAX_MERGES = 2_097_152
/** They become one regular expression; Llama 3 has 256. */
const MAX_ADDED_TOKENS = 4096
const MAX_ADDED_TOKEN_LENGTH = 256
const MAX_TOKEN_LENGTH = 1024

export interface TokenizerFile {
  /** The token of each id, added tokens included. */
  readonly tokens: readonly string[]
  readonly merges: readonly (readonly [string, string])[]
  /** Tokens that are matched in text before anything else. */
  readonly added: readonly AddedToken[]
  readonly scheme: TokenizerScheme
  /** A piece that is a token as it stands is that token, whatever the merges make of it. */
  readonly ignoresMerges: boolean
  readonly endOfTextId: number
}

/** @throws AppError `tokenizer/invalid` for bytes that are no JSON or too many. */
export function parseTokenizerJson(bytes: Uint8Array): unknown {
  if (bytes.byteLength > MAX_TOKENIZER_BYTES) throw invalid(`${bytes.byteLength} bytes, over ${MAX_TOKENIZER_BYTES}`)
  try {
    return JSON.parse(decodeUtf8(bytes)) as unknown
  } catch (cause) {
    throw invalid('not JSON', cause)
  }
}

/**
 * tokenizerJson: what tokenizer.json holds. config: what tokenizer_config.json holds; its `eos_token`
 * names the end of text.
 *
 * @throws AppError `tokenizer/invalid`.
 */
export function readTokenizerFile(tokenizerJson: unknown, config?: unknown): TokenizerFile {
  const file = v.safeParse(fileSchema, tokenizerJson)
  if (!file.success) throw invalid(describe(file.issues))
  const { model, added_tokens: addedTokens, normalizer, pre_tokenizer: preTokenizer, decoder } = file.output
  const scheme = recogniseScheme({ normalizer, preTokenizer, decoder })
  if (typeof scheme === 'string') throw invalid(scheme)
  const added = addedTokens.map(toAddedToken)
  const ids = readIds(model.vocab)
  for (const { id, content } of added) {
    const known = ids.get(content)
    if (known !== undefined && known !== id) throw invalid(`the added token ${shown(content)} has two ids`)
    ids.set(content, id)
  }
  const tokens = readTokens(ids)
  // An added token never comes out of plain text, so it cannot stand for a byte.
  const contents = new Set(added.map(({ content }) => content))
  const missing = utf8Bytes
    .map((byte) => byteCharacters[byte] ?? '')
    .find((byte) => !ids.has(byte) || contents.has(byte))
  if (missing !== undefined) throw invalid(`no token for the byte ${shown(missing)}`)
  return {
    tokens,
    merges: readMerges(model.merges, ids),
    added,
    scheme,
    ignoresMerges: model.ignore_merges ?? false,
    endOfTextId: findEndOfText(added, config),
  }
}

const off = v.nullish(v.literal(false))
const flag = v.optional(v.boolean(), false)

const tokenSchema = v.object({
  id: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_VOCABULARY - 1)),
  content: v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_ADDED_TOKEN_LENGTH)),
  single_word: flag,
  lstrip: flag,
  rstrip: flag,
  // The reference's default: special tokens are looked for in the text as it is.
  normalized: v.optional(v.boolean()),
  special: flag,
})

const fileSchema = v.object({
  normalizer: v.optional(v.unknown()),
  pre_tokenizer: v.optional(v.unknown()),
  decoder: v.optional(v.unknown()),
  added_tokens: v.optional(v.pipe(v.array(tokenSchema), v.maxLength(MAX_ADDED_TOKENS)), []),
  model: v.object({
    // Very old files leave the type out.
    type: v.optional(v.literal('BPE')),
    vocab: v.custom<Record<string, unknown>>(
      (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
      'no vocabulary',
    ),
    merges: v.custom<unknown[]>(
      (value) => Array.isArray(value) && value.length <= MAX_MERGES,
      'no merges, or too many',
    ),
    continuing_subword_prefix: v.optional(v.nullable(v.literal(''))),
    end_of_word_suffix: v.optional(v.nullable(v.literal(''))),
    byte_fallback: off,
    ignore_merges: v.nullish(v.boolean()),
  }),
})

function toAddedToken(token: v.InferOutput<typeof tokenSchema>): AddedToken {
  return {
    id: token.id,
    content: token.content,
    isSpecial: token.special,
    stripsLeft: token.lstrip,
    stripsRight: token.rstrip,
    isSingleWord: token.single_word,
    isNormalized: token.normalized ?? !token.special,
  }
}

/** The bytes that occur in UTF-8: all but C0, C1 and F5 to FF. */
const utf8Bytes = Array.from({ length: 0xf5 }, (_, byte) => byte).filter((byte) => byte !== 0xc0 && byte !== 0xc1)

function readIds(vocabulary: Record<string, unknown>): Map<string, number> {
  const ids = new Map<string, number>()
  for (const [token, id] of Object.entries(vocabulary)) {
    if (token.length === 0 || token.length > MAX_TOKEN_LENGTH) throw invalid(`a token of ${token.length} characters`)
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id >= MAX_VOCABULARY) {
      throw invalid(`the token ${shown(token)} has the id ${String(id)}`)
    }
    ids.set(token, id)
  }
  return ids
}

/** Ids must be 0 … n-1, each once: they are rows of the embedding. */
function readTokens(ids: ReadonlyMap<string, number>): string[] {
  const tokens = Array.from<string | undefined>({ length: ids.size })
  for (const [token, id] of ids) {
    if (id >= ids.size) throw invalid(`${ids.size} tokens, but the id ${id}`)
    if (tokens[id] !== undefined) throw invalid(`the id ${id} for two tokens`)
    tokens[id] = token
  }
  return tokens as string[] // n ids below n, none twice: every place is filled
}

function readMerges(merges: readonly unknown[], ids: ReadonlyMap<string, number>): [string, string][] {
  return merges.map((merge, index) => {
    const pair: unknown = typeof merge === 'string' ? merge.split(' ') : merge
    if (!Array.isArray(pair) || pair.length !== 2) throw invalid(`merge ${index} is no pair`)
    const [left, right] = pair as unknown[]
    if (typeof left !== 'string' || typeof right !== 'string') throw invalid(`merge ${index} is no pair of strings`)
    if (!ids.has(left) || !ids.has(right) || !ids.has(left + right)) {
      throw invalid(`merge ${index} joins ${shown(left)} and ${shown(right)} outside the vocabulary`)
    }
    return [left, right]
  })
}

function findEndOfText(added: TokenizerFile['added'], config: unknown): number {
  const named = v.safeParse(v.object({ eos_token: v.union([v.string(), v.object({ content: v.string() })]) }), config)
  const eos = named.success ? named.output.eos_token : undefined
  const candidates = [typeof eos === 'object' ? eos.content : eos, '<|endoftext|>', '<|im_end|>', '</s>']
  for (const candidate of candidates) {
    const token = added.find(({ content, isSpecial }) => isSpecial && content === candidate)
    if (token !== undefined) return token.id
  }
  throw invalid('no special token that ends a text')
}

function describe(issues: readonly v.BaseIssue<unknown>[]): string {
  const issue = issues[0]
  const path = issue?.path?.map(({ key }) => String(key)).join('.') ?? ''
  return `${path}: ${(issue?.message ?? '').slice(0, 200)}`
}

function shown(token: string): string {
  return JSON.stringify(token.slice(0, 40))
}

function invalid(message: string, cause?: unknown): AppError {
  return new AppError('tokenizer/invalid', { message: `tokenizer.json: ${message}`, cause })
}
