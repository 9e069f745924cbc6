// The small files around a tokenizer, read together: which tokens begin and end a text, and the chat templates.
// All but tokenizer.json are optional, and what they say wrongly counts as not said.
import * as v from 'valibot'
import { loadTokenizer } from './tokenizer'
import { endIdsOf, readTokenizerFile, tokenNamedIn, type TokenizerFile } from './tokenizerFile'
import type { Tokenizer } from './types'

/** What the files hold, by their names: parsed JSON, and the template as text. */
export interface TokenizerFiles {
  readonly 'tokenizer.json': unknown
  readonly 'tokenizer_config.json'?: unknown
  readonly 'special_tokens_map.json'?: unknown
  readonly 'generation_config.json'?: unknown
  readonly 'config.json'?: unknown
  /** Where newer models keep their template; it comes before the one in tokenizer_config.json. */
  readonly 'chat_template.jinja'?: string
}

export interface NamedTemplate {
  /** `default` for the one that is meant when none is named. */
  readonly name: string
  readonly template: string
}

export interface TokenizerWithTemplates {
  readonly tokenizer: Tokenizer
  /** What templates call `bos_token`; null where there is none. */
  readonly bosToken: string | null
  /** What templates call `eos_token`. */
  readonly eosToken: string
  /** Every token that ends what the model says, `eosToken` first. */
  readonly eosTokens: readonly { readonly id: number; readonly content: string }[]
  /** Whether each text that is no conversation begins with `bosToken`. */
  readonly addsBos: boolean
  /** The default one first. */
  readonly chatTemplates: readonly NamedTemplate[]
}

/** Real files have up to four: default, tool use, retrieval. */
const MAX_TEMPLATES = 32

/** @throws AppError `tokenizer/invalid`, `tokenizer/unsupported`. */
export function readTokenizerFiles(files: TokenizerFiles): TokenizerWithTemplates {
  const tokenizer = loadTokenizer(...partsOf(files))
  const contentOf = (id: number): string => tokenizer.decodeToken(id)
  const bosId = tokenizer.beginOfTextId
  return {
    tokenizer,
    bosToken: namedIn(files, 'bos_token') ?? (bosId === undefined ? null : contentOf(bosId)),
    eosToken: contentOf(tokenizer.endOfTextId),
    eosTokens: tokenizer.endOfTextIds.map((id) => ({ id, content: contentOf(id) })),
    addsBos: bosId !== undefined,
    chatTemplates: readTemplates(files['tokenizer_config.json'], files['chat_template.jinja']),
  }
}

/** The tokenizer as plain data. @throws AppError `tokenizer/invalid`, `tokenizer/unsupported`. */
export function tokenizerFileOf(files: TokenizerFiles): TokenizerFile {
  return readTokenizerFile(...partsOf(files))
}

/** tokenizer.json, what names its special tokens, and what ends an answer. */
function partsOf(files: TokenizerFiles): [tokenizer: unknown, config: object, generation: object] {
  const names = { bos_token: namedIn(files, 'bos_token'), eos_token: namedIn(files, 'eos_token') }
  // What generation_config.json says takes the place of what config.json says.
  const models = [files['generation_config.json'], files['config.json']]
  return [
    files['tokenizer.json'],
    { ...asObject(files['tokenizer_config.json']), ...names },
    { eos_token_id: models.map(endIdsOf).find((ids) => ids.length > 0) },
  ]
}

function namedIn(files: TokenizerFiles, key: string): string | undefined {
  return tokenNamedIn(files['tokenizer_config.json'], key) ?? tokenNamedIn(files['special_tokens_map.json'], key)
}

function asObject(value: unknown): object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
}

const templatesSchema = v.object({
  chat_template: v.union([
    v.pipe(
      v.string(),
      v.transform((template): NamedTemplate[] => [{ name: 'default', template }]),
    ),
    v.pipe(v.array(v.object({ name: v.string(), template: v.string() })), v.maxLength(MAX_TEMPLATES)),
  ]),
})

function readTemplates(config: unknown, alone: string | undefined): NamedTemplate[] {
  const read = v.safeParse(templatesSchema, config)
  const listed = read.success ? read.output.chat_template : []
  const all = alone === undefined ? listed : [{ name: 'default', template: alone }, ...listed]
  const byName = new Map(all.toReversed().map((one) => [one.name, one]))
  const first = byName.get('default')
  byName.delete('default')
  return [...(first ? [first] : []), ...[...byName.values()].toReversed()]
}
