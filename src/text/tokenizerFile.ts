// tokenizer.json, checked. Everything the tokenizer uses is copied out of the file here, and what the file may
// ask for is a closed list: regular expressions of strangers can hang, chains of replacements can grow without
// end, wrong ids can point anywhere.
//
// Accepted: byte-level BPE with the pre-tokenizers of GPT-2, SmolLM2, Llama 3 and Qwen, and SentencePiece's BPE
// as Llama 2 has it. Anything else is refused by name until it has its own scanner in tokenizerSplit.ts.
import * as v from 'valibot'
import { decodeUtf8 } from '../base/bytes'
import { AppError } from '../base/errors'
import { byteCharacters } from './byteAlphabet'
import type { AddedToken } from './tokenizerAdded'
import type { Merges } from './tokenizerMerge'
import { knownPatterns, METASPACE, type SplitStage } from './tokenizerSplit'

export const MAX_TOKENIZER_BYTES = 64 * 1024 * 1024
const MAX_VOCABULARY = 1_048_576
const MAX_MERGES = 2_097_152
const MAX_ADDED_TOKENS = 65_536
const MAX_ADDED_TOKEN_LENGTH = 256
/** They become a trie. Llama 3 has 256 of about 30. */
const MAX_ADDED_CHARACTERS = 1_048_576
const MAX_TOKEN_LENGTH = 1024
/** The longest chain of a known family has two. */
const MAX_CHAIN = 8

/** `mark`: ▁ in front. `spaces`: ▁ for each space. */
export type Normalization = 'nfc' | 'mark' | 'spaces'

/** How tokens become text. The characters of `bytes` are byteAlphabet's, those of `text` are characters. */
export type Decoding =
  | { readonly kind: 'bytes' }
  | {
      readonly kind: 'text'
      /** Tokens <0x00> … <0xFF> are bytes. */
      readonly hasByteTokens: boolean
      /** What is dropped at the beginning: one space, all spaces of the first token, nothing. */
      readonly drops: 'space' | 'first-spaces' | 'nothing'
    }

export interface TokenizerFile {
  /** The token of each id, added tokens included. */
  readonly tokens: readonly string[]
  /** What plain text can become: the model's own tokens without the control tokens. */
  readonly vocabulary: ReadonlyMap<string, number>
  readonly merges: Merges
  readonly added: readonly AddedToken[]
  readonly normalization: readonly Normalization[]
  readonly splitStages: readonly SplitStage[]
  readonly decoding: Decoding
  /** A piece that is a token is that token, whatever the merges say. */
  readonly ignoresMerges: boolean
  /** What a character without a token becomes where there are no byte tokens. */
  readonly unknown: { readonly id: number; readonly isFused: boolean } | undefined
  /** The one that texts are ended with, then the others that end what a model says. */
  readonly endOfTextIds: readonly [number, ...number[]]
  readonly beginOfTextId: number | undefined
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
 * names the end of text, its `bos_token` the beginning where `add_bos_token` asks for one. generationConfig:
 * what generation_config.json holds; its `eos_token_id` lists what else ends an answer.
 *
 * @throws AppError `tokenizer/invalid`, or `tokenizer/unsupported` for what is sound but of a kind we do not know.
 */
export function readTokenizerFile(tokenizerJson: unknown, config?: unknown, generationConfig?: unknown): TokenizerFile {
  const { model, ...file } = parse(fileSchema, tokenizerJson)
  const normalization = readNormalizer(file.normalizer)
  const { stages, isByteLevel } = readPreTokenizer(file.pre_tokenizer)
  const added = readAdded(file.added_tokens)
  const ids = readIds(model.vocab)
  // Without the control tokens and the merges that would make one, no text can become one.
  const control = new Set(added.filter(({ isSpecial }) => isSpecial).map(({ content }) => content))
  const vocabulary = new Map([...ids].filter(([token]) => !control.has(token)))
  for (const { id, content } of added) {
    const known = ids.get(content)
    if (known !== undefined && known !== id) throw invalid(`the added token ${shown(content)} has two ids`)
    ids.set(content, id)
  }
  const tokens = readTokens(ids)
  const unknownId = typeof model.unk_token === 'string' ? ids.get(model.unk_token) : undefined
  if (typeof model.unk_token === 'string' && unknownId === undefined) {
    throw invalid(`the unknown token ${shown(model.unk_token)} is not in the vocabulary`)
  }
  const needed = isByteLevel
    ? neededBytes.map((byte) => byteCharacters[byte] ?? '')
    : model.byte_fallback
      ? byteTokens
      : []
  const missing = needed.find((byte) => !vocabulary.has(byte))
  if (missing !== undefined) throw invalid(`no token for the byte ${shown(missing)}`)
  if (!isByteLevel && !model.byte_fallback && unknownId === undefined) {
    throw invalid('neither tokens for bytes nor one for unknown characters')
  }
  if (isByteLevel && model.byte_fallback) throw unsupported('byte_fallback on a byte-level alphabet')
  return {
    tokens,
    vocabulary,
    merges: readMerges(model.merges, { ids, vocabulary }),
    added,
    normalization,
    splitStages: stages,
    decoding: readDecoder(file.decoder, isByteLevel),
    ignoresMerges: model.ignore_merges,
    unknown: model.byte_fallback || unknownId === undefined ? undefined : { id: unknownId, isFused: model.fuse_unk },
    endOfTextIds: endsOfText({ added, size: tokens.length, config, generationConfig }),
    beginOfTextId: findBeginOfText({ ids, size: tokens.length, postProcessor: file.post_processor, config }),
  }
}

const flag = v.pipe(
  v.optional(v.nullable(v.boolean()), false),
  v.transform((value) => value ?? false),
)
const objectOf = (what: string) =>
  v.custom<Record<string, unknown>>(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    `no ${what}`,
  )

const tokenSchema = v.object({
  id: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_VOCABULARY - 1)),
  content: v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_ADDED_TOKEN_LENGTH)),
  single_word: flag,
  lstrip: flag,
  rstrip: flag,
  normalized: v.optional(v.nullable(v.boolean())),
  special: flag,
})

const nothing = v.optional(v.nullable(v.literal('')))

const fileSchema = v.object({
  normalizer: v.optional(v.unknown()),
  pre_tokenizer: v.optional(v.unknown()),
  post_processor: v.optional(v.unknown()),
  decoder: v.optional(v.unknown()),
  added_tokens: v.optional(v.pipe(v.array(tokenSchema), v.maxLength(MAX_ADDED_TOKENS)), []),
  model: v.object({
    // Very old files leave the type out.
    type: v.optional(v.literal('BPE')),
    vocab: objectOf('vocabulary'),
    merges: v.custom<unknown[]>(
      (value) => Array.isArray(value) && value.length <= MAX_MERGES,
      'no merges, or too many',
    ),
    dropout: v.optional(v.nullable(v.literal(0))),
    unk_token: v.optional(v.nullable(v.string())),
    continuing_subword_prefix: nothing,
    end_of_word_suffix: nothing,
    fuse_unk: flag,
    byte_fallback: flag,
    ignore_merges: flag,
  }),
})

/** A part of the pipeline, or the parts of a `Sequence`, which stands outermost or not at all. */
function chainOf(value: unknown, list: string): Record<string, unknown>[] {
  if (value === null || value === undefined) return []
  const outer = parse(objectOf(list), value)
  if (outer['type'] !== 'Sequence') return [outer]
  return parse(v.pipe(v.array(objectOf(list)), v.maxLength(MAX_CHAIN)), outer[list])
}

function readNormalizer(value: unknown): Normalization[] {
  return chainOf(value, 'normalizers').map((part) => {
    if (part['type'] === 'NFC') return 'nfc'
    if (part['type'] === 'Prepend' && part['prepend'] === METASPACE) return 'mark'
    if (isReplace(part, ' ', METASPACE)) return 'spaces'
    throw unsupported('the normalizer', part)
  })
}

function isReplace(part: Record<string, unknown>, from: string, to: string): boolean {
  const { type, pattern, content } = part
  return type === 'Replace' && content === to && v.is(v.strictObject({ String: v.literal(from) }), pattern)
}

function readPreTokenizer(value: unknown): { stages: SplitStage[]; isByteLevel: boolean } {
  const chain = chainOf(value, 'pretokenizers')
  const isByteLevel = chain.at(-1)?.['type'] === 'ByteLevel'
  const stages = chain.flatMap((part, index): SplitStage[] => {
    // ByteLevel rewrites the text, so nothing can come after it.
    if (part['type'] === 'ByteLevel' && index === chain.length - 1) return byteLevelStages(part)
    if (part['type'] === 'Split') return [splitStage(part)]
    if (part['type'] === 'Digits') return [{ kind: 'digits', isIndividual: part['individual_digits'] === true }]
    if (part['type'] === 'Metaspace' && part['replacement'] === METASPACE) return [metaspaceStage(part)]
    throw unsupported('the pre-tokenizer', part)
  })
  if (!isByteLevel && stages.some(({ kind }) => kind === 'pattern' || kind === 'digits')) {
    throw unsupported('a pattern without a byte-level alphabet')
  }
  return { stages, isByteLevel }
}

function byteLevelStages(part: Record<string, unknown>): SplitStage[] {
  const space: SplitStage[] = part['add_prefix_space'] === true ? [{ kind: 'space-before' }] : []
  // Files from before `use_regex` mean true.
  return part['use_regex'] === false ? space : [...space, { kind: 'pattern', pattern: 'gpt2' }]
}

function splitStage(part: Record<string, unknown>): SplitStage {
  const { pattern, behavior, invert } = part
  const regex = v.is(v.strictObject({ Regex: v.string() }), pattern) ? pattern.Regex : undefined
  const known = regex === undefined ? undefined : knownPatterns.get(regex)
  if (known === undefined || behavior !== 'Isolated' || invert === true) throw unsupported('the pre-tokenizer', part)
  return { kind: 'pattern', pattern: known }
}

function metaspaceStage(part: Record<string, unknown>): SplitStage {
  // `add_prefix_space` is how older files say it.
  const mark = part['prepend_scheme'] ?? (part['add_prefix_space'] === false ? 'never' : 'always')
  if (mark !== 'first' && mark !== 'always' && mark !== 'never') throw unsupported('the pre-tokenizer', part)
  return { kind: 'metaspace', mark, cuts: part['split'] !== false }
}

function readDecoder(value: unknown, isByteLevel: boolean): Decoding {
  const chain = chainOf(value, 'decoders')
  const types = chain.map(({ type }) => type).join()
  if (isByteLevel && types === 'ByteLevel') return { kind: 'bytes' }
  const [first] = chain
  if (isByteLevel || !first) throw unsupported('the decoder', { type: types })
  if (types === 'Metaspace' && first['replacement'] === METASPACE) {
    const keepsSpace = first['prepend_scheme'] === 'never' || first['add_prefix_space'] === false
    return { kind: 'text', hasByteTokens: false, drops: keepsSpace ? 'nothing' : 'first-spaces' }
  }
  const strip = chain[3]
  const isKnown =
    isReplace(first, METASPACE, ' ') &&
    (types === 'Replace,ByteFallback,Fuse' || types === 'Replace,ByteFallback,Fuse,Strip') &&
    (!strip || (strip['content'] === ' ' && strip['start'] === 1 && strip['stop'] === 0))
  if (!isKnown) throw unsupported('the decoder', { type: types })
  return { kind: 'text', hasByteTokens: true, drops: strip ? 'space' : 'nothing' }
}

function readAdded(tokens: readonly v.InferOutput<typeof tokenSchema>[]): AddedToken[] {
  const characters = tokens.reduce((sum, { content }) => sum + content.length, 0)
  if (characters > MAX_ADDED_CHARACTERS) throw invalid(`${characters} characters of added tokens`)
  return tokens.map(({ id, content, special, single_word, lstrip, rstrip, normalized }) => ({
    id,
    content,
    isSpecial: special,
    isSingleWord: single_word,
    takesSpaceBefore: lstrip,
    takesSpaceAfter: rstrip,
    isNormalized: normalized ?? !special,
  }))
}

/**
 * The bytes no byte-level vocabulary is without: those of printable ASCII, of line ends and of every letter
 * that is not rare. SmolLM2's has none for some control characters, nor for F1 and F2, whose planes hold no
 * character yet; such a byte becomes the unknown token, or nothing, as in the reference.
 */
const neededBytes = [0x0a, ...range(0x20, 0x7e), ...range(0x80, 0xbf), ...range(0xc3, 0xed), 0xef, 0xf0]

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}

/** byteTokens[byte] is SentencePiece's token for it. */
export const byteTokens: readonly string[] = Array.from(
  { length: 256 },
  (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
)

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

interface Ids {
  readonly ids: ReadonlyMap<string, number>
  readonly vocabulary: ReadonlyMap<string, number>
}

function readMerges(merges: readonly unknown[], { ids, vocabulary }: Ids): Merges {
  const found = { left: [] as number[], right: [] as number[], merged: [] as number[] }
  for (const [index, merge] of merges.entries()) {
    const pair: unknown = typeof merge === 'string' ? merge.split(' ') : merge
    if (!Array.isArray(pair) || pair.length !== 2) throw invalid(`merge ${index} is no pair`)
    const [left, right] = pair as unknown[]
    if (typeof left !== 'string' || typeof right !== 'string') throw invalid(`merge ${index} is no pair of strings`)
    const joined = left + right
    const [one, other, both] = [vocabulary.get(left), vocabulary.get(right), vocabulary.get(joined)]
    if (one === undefined || other === undefined || both === undefined) {
      if (ids.has(left) && ids.has(right) && ids.has(joined)) continue
      throw invalid(`merge ${index} joins ${shown(left)} and ${shown(right)} outside the vocabulary`)
    }
    found.left.push(one)
    found.right.push(other)
    found.merged.push(both)
  }
  return {
    left: Int32Array.from(found.left),
    right: Int32Array.from(found.right),
    merged: Int32Array.from(found.merged),
  }
}

const namedToken = v.pipe(
  v.union([v.string(), v.object({ content: v.string() })]),
  v.transform((token) => (typeof token === 'string' ? token : token.content)),
)

/** The token a configuration names under `key`, as a string or as an object with its flags. */
export function tokenNamedIn(config: unknown, key: string): string | undefined {
  const named = v.safeParse(v.looseObject({ [key]: namedToken }), config)
  const token: unknown = named.success ? named.output[key] : undefined
  return typeof token === 'string' ? token : undefined
}

interface EndOfTextSources {
  readonly added: readonly AddedToken[]
  readonly size: number
  readonly config: unknown
  readonly generationConfig: unknown
}

const usualEnds = ['<|endoftext|>', '<|end_of_text|>', '<|im_end|>', '<|eot_id|>', '</s>']

function endsOfText({ added, size, config, generationConfig }: EndOfTextSources): [number, ...number[]] {
  const special = new Map(added.filter(({ isSpecial }) => isSpecial).map(({ content, id }) => [content, id]))
  const named = special.get(tokenNamedIn(config, 'eos_token') ?? '')
  const listed = endIdsOf(generationConfig).filter((id) => id < size)
  const usual = usualEnds.flatMap((name) => special.get(name) ?? [])
  const [first = usual[0], ...others] = new Set([...(named === undefined ? [] : [named]), ...listed])
  if (first === undefined) throw invalid('no special token that ends a text')
  return [first, ...others]
}

const MAX_END_TOKENS = 64
const idSchema = v.pipe(v.number(), v.integer(), v.minValue(0))
const endIdsSchema = v.looseObject({
  eos_token_id: v.union([
    v.pipe(v.array(idSchema), v.maxLength(MAX_END_TOKENS)),
    v.pipe(
      idSchema,
      v.transform((id) => [id]),
    ),
  ]),
})

/** `eos_token_id` of a generation_config.json or config.json: one id or several. */
export function endIdsOf(config: unknown): readonly number[] {
  const found = v.safeParse(endIdsSchema, config)
  return found.success ? found.output.eos_token_id : []
}

interface BeginOfTextSources {
  readonly ids: ReadonlyMap<string, number>
  readonly size: number
  readonly postProcessor: unknown
  readonly config: unknown
}

/** `add_bos_token` decides where it is set; otherwise the post-processor does. */
function findBeginOfText({ ids, size, postProcessor, config }: BeginOfTextSources): number | undefined {
  const written = readPostProcessor(postProcessor, size)
  const asked = v.safeParse(v.looseObject({ add_bos_token: v.boolean() }), config)
  if (!asked.success) return written
  if (!asked.output.add_bos_token) return undefined
  const named = tokenNamedIn(config, 'bos_token')
  const id = named === undefined ? undefined : ids.get(named)
  if (id === undefined && written === undefined) throw invalid('add_bos_token, but no bos_token in the vocabulary')
  return id ?? written
}

const templateSchema = v.object({
  single: v.pipe(
    v.array(v.union([v.object({ SpecialToken: v.object({ id: v.string() }) }), v.object({ Sequence: v.unknown() })])),
    v.maxLength(MAX_CHAIN),
  ),
  special_tokens: objectOf('special_tokens'),
})

/** The id that the post-processor puts in front of a text. */
function readPostProcessor(value: unknown, size: number): number | undefined {
  let first: number | undefined
  for (const part of chainOf(value, 'processors')) {
    if (part['type'] === 'ByteLevel') continue
    if (part['type'] !== 'TemplateProcessing') throw unsupported('the post-processor', part)
    const { single, special_tokens: tokens } = parse(templateSchema, part)
    const before = single.slice(
      0,
      single.findIndex((one) => 'Sequence' in one),
    )
    const [special] = before
    if (!special || !('SpecialToken' in special)) continue
    const entry = v.safeParse(v.object({ ids: v.tuple([v.number()]) }), tokens[special.SpecialToken.id])
    const id = entry.success ? entry.output.ids[0] : undefined
    if (before.length > 1 || id === undefined) throw unsupported('more than one token before a text')
    if (!Number.isInteger(id) || id < 0 || id >= size) throw invalid(`the post-processor writes the id ${id}`)
    first = id
  }
  return first
}

function parse<Schema extends v.GenericSchema>(schema: Schema, value: unknown): v.InferOutput<Schema> {
  const result = v.safeParse(schema, value)
  if (!result.success) throw invalid(describe(result.issues))
  return result.output
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

function unsupported(what: string, part?: Record<string, unknown>): AppError {
  // A nested part can be as deep as the file: only its outermost values are shown.
  const values = Object.entries(part ?? {}).map(([key, value]) => `${key} ${shallow(value)}`)
  const found = [what, ...values].join(' ').slice(0, 300)
  return new AppError('tokenizer/unsupported', { message: `tokenizer.json: ${found}`, details: { what: found } })
}

function shallow(value: unknown): string {
  if (v.is(v.strictObject({ Regex: v.string() }), value)) return shown(value.Regex)
  return typeof value === 'object' && value !== null ? '{…}' : String(value).slice(0, 80)
}
