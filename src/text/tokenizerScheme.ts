// What a tokenizer.json does to text around its merges, recognised from the normalizer, the pre-tokenizer
// and the decoder it names. Closed: a combination that is not listed here is refused.
import * as v from 'valibot'
import { digitsPattern, gpt2Pattern, patternOf } from './tokenizerPatterns'

/** GPT-2, SmolLM2, Llama 3, Qwen: text is cut into pieces by patterns, and merging begins at bytes. */
export interface ByteLevelScheme {
  readonly kind: 'byte-level'
  /** Text is brought into Unicode's composed form first. */
  readonly isComposed: boolean
  /** Each cuts the pieces of the one before. */
  readonly patterns: readonly RegExp[]
}

export type TokenizerScheme = ByteLevelScheme

/** The scheme, or a sentence about what is not known. */
export function recogniseScheme(parts: {
  readonly normalizer: unknown
  readonly preTokenizer: unknown
  readonly decoder: unknown
}): TokenizerScheme | string {
  const normalizer = v.safeParse(v.nullish(nfcSchema), parts.normalizer)
  if (!normalizer.success) return 'a normalizer that is not known'
  if (!v.is(v.object({ type: v.literal('ByteLevel') }), parts.decoder)) return 'a decoder that is not known'
  const patterns = bytePatterns(parts.preTokenizer)
  if (typeof patterns === 'string') return patterns
  return { kind: 'byte-level', isComposed: (normalizer.output ?? null) !== null, patterns }
}

const off = v.nullish(v.literal(false))

const nfcSchema = v.object({ type: v.literal('NFC') })

const byteLevelSchema = v.object({
  type: v.literal('ByteLevel'),
  add_prefix_space: off,
  use_regex: v.nullish(v.boolean()),
})

const digitsSchema = v.object({ type: v.literal('Digits'), individual_digits: v.literal(true) })

const splitSchema = v.object({
  type: v.literal('Split'),
  pattern: v.object({ Regex: v.string() }),
  behavior: v.literal('Isolated'),
  invert: off,
})

const sequenceSchema = v.object({
  type: v.literal('Sequence'),
  pretokenizers: v.strictTuple([v.union([digitsSchema, splitSchema]), byteLevelSchema]),
})

function bytePatterns(preTokenizer: unknown): readonly RegExp[] | string {
  const alone = v.safeParse(byteLevelSchema, preTokenizer)
  if (alone.success) return alone.output.use_regex === false ? 'a ByteLevel without its pattern' : [gpt2Pattern]
  const sequence = v.safeParse(sequenceSchema, preTokenizer)
  if (!sequence.success) return 'a pre-tokenizer that is not known'
  const [first, { use_regex: usesPattern }] = sequence.output.pretokenizers
  const after = usesPattern === false ? [] : [gpt2Pattern]
  if (first.type === 'Digits') return [digitsPattern, ...after]
  const known = patternOf(first.pattern.Regex)
  return known === undefined ? 'a pattern that is not known' : [known, ...after]
}
