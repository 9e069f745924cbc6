// What the families' readers of config.json share. What a config asks for and we do not do is refused by
// name: a model that runs with a part left out gives wrong numbers, not an error.
import * as v from 'valibot'
import { AppError } from '../../base/errors'
import type { RopeConfig, RopeScaling } from './family'

/** Limits on what an untrusted config can make us allocate: ten times the largest model a page can hold. */
export const size = (most: number) => v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(most))

export const epsilon = v.pipe(v.number(), v.minValue(0), v.maxValue(1))

/**
 * The longest sequence we compute. Models that could read more are cut to it: the table of rotations is as
 * long, and a page's GPU would not hold the attention of more.
 */
export const LONGEST_SEQUENCE = 8192

/** @throws AppError `model/config-invalid` for a field that is missing or out of range. */
export function readFields<Schema extends v.GenericSchema>(schema: Schema, json: unknown): v.InferOutput<Schema> {
  const parsed = v.safeParse(schema, json)
  if (parsed.success) return parsed.output
  const [issue] = parsed.issues
  const field = v.getDotPath(issue) ?? 'the whole file'
  throw new AppError('model/config-invalid', {
    message: `config.json: ${field}: ${issue.message}`,
    details: { field },
  })
}

/** @throws AppError `model/unsupported` */
export function refuse(what: string): never {
  throw new AppError('model/unsupported', { message: `config.json asks for ${what}`, details: { what } })
}

/** Fields that, when they say anything, change what every family's block would compute. */
const unsupportedFields = [
  'attention_chunk_size',
  'num_experts',
  'num_local_experts',
  'n_routed_experts',
  'moe_intermediate_size',
  'quantization_config',
  'use_sliding_window',
  'cross_attention_layers',
  'add_cross_attention',
]

/** @throws AppError `model/unsupported` naming the field. */
export function refuseUnsupportedFields(json: unknown): void {
  const fields = new Map(Object.entries(json ?? {}))
  for (const name of unsupportedFields) if (fields.get(name)) refuse(name)
  const layerTypes: unknown = fields.get('layer_types')
  if (Array.isArray(layerTypes)) {
    const other: unknown = layerTypes.find((kind) => kind !== 'full_attention')
    if (other !== undefined) refuse(`layers of type ${JSON.stringify(other).slice(0, 80)}`)
  }
}

const factor = v.pipe(v.number(), v.minValue(1), v.maxValue(1024))

const scalingFields = v.looseObject({
  rope_type: v.optional(v.string()),
  type: v.optional(v.string()), // its name before transformers 4.45
  rope_theta: v.optional(v.pipe(v.number(), v.minValue(1))),
  partial_rotary_factor: v.nullish(v.number()),
})

const linearScaling = v.looseObject({ factor })
const factorsScaling = v.looseObject({ factors: v.pipe(v.array(v.pipe(v.number(), v.gtValue(0))), v.maxLength(512)) })

const llama3Scaling = v.looseObject({
  factor,
  low_freq_factor: v.pipe(v.number(), v.gtValue(0)),
  high_freq_factor: v.pipe(v.number(), v.gtValue(0)),
  original_max_position_embeddings: size(16_777_216),
})

/** The fields that `readRope` reads, for the families' schemas. */
export const ropeFields = {
  rope_theta: v.optional(v.pipe(v.number(), v.minValue(1))),
  rope_scaling: v.nullish(scalingFields),
  // Both of the above in one, since transformers 5.
  rope_parameters: v.nullish(scalingFields),
  partial_rotary_factor: v.nullish(v.number()),
}

type RopeFields = v.InferOutput<v.ObjectSchema<typeof ropeFields, undefined>>

const DEFAULT_THETA = 10_000

/** @throws AppError `model/unsupported` for a kind of rotary positions we do not do. */
export function readRope({ rope_theta, rope_scaling, rope_parameters, partial_rotary_factor }: RopeFields): RopeConfig {
  const parameters = rope_parameters ?? rope_scaling ?? {}
  const partial = parameters.partial_rotary_factor ?? partial_rotary_factor ?? 1
  if (partial !== 1) refuse(`rotation of a part of each head (partial_rotary_factor ${partial})`)
  return { theta: parameters.rope_theta ?? rope_theta ?? DEFAULT_THETA, scaling: readScaling(parameters) }
}

function readScaling(parameters: v.InferOutput<typeof scalingFields>): RopeScaling | null {
  const kind = parameters.rope_type ?? parameters.type ?? 'default'
  if (kind === 'default') return null
  if (kind === 'linear') return { kind, factor: readFields(linearScaling, parameters).factor }
  if (kind === 'factors') return { kind, factors: readFields(factorsScaling, parameters).factors }
  if (kind === 'llama3') {
    const read = readFields(llama3Scaling, parameters)
    if (read.high_freq_factor <= read.low_freq_factor) refuse('llama3 rope with high_freq_factor below low_freq_factor')
    return {
      kind,
      factor: read.factor,
      lowFrequencyFactor: read.low_freq_factor,
      highFrequencyFactor: read.high_freq_factor,
      originalMaxTokens: read.original_max_position_embeddings,
    }
  }
  return refuse(`rotary positions of type ${kind}`)
}

/** Checks how heads share the width. @throws AppError `model/unsupported` */
export function checkHeads(heads: number, keyValueHeads: number, headWidth: number): void {
  if (heads % keyValueHeads !== 0) refuse(`${heads} heads over ${keyValueHeads} key/value heads`)
  if (!Number.isInteger(headWidth) || headWidth % 2 !== 0) refuse(`heads ${headWidth} wide`)
}
