// config.json of a Hugging Face model, checked. What it asks for and we do not do is refused by name:
// a model that runs with a part left out gives wrong numbers, not an error.
import * as v from 'valibot'
import { AppError } from '../base/errors'

export interface ModelConfig {
  readonly layers: number
  readonly width: number
  readonly heads: number
  readonly keyValueHeads: number
  readonly headWidth: number
  readonly feedForward: number
  readonly vocabulary: number
  readonly maxTokens: number
  readonly normEpsilon: number
  readonly ropeTheta: number
  readonly hasTiedHead: boolean
}

// Limits on what an untrusted config can make us allocate: ten times the largest model a page can hold.
const size = (most: number) => v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(most))

const schema = v.looseObject({
  model_type: v.string(),
  hidden_size: size(65_536),
  intermediate_size: size(262_144),
  num_hidden_layers: size(512),
  num_attention_heads: size(1_024),
  num_key_value_heads: v.optional(size(1_024)),
  head_dim: v.nullish(size(1_024)),
  vocab_size: size(1_048_576),
  max_position_embeddings: size(16_777_216),
  rms_norm_eps: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
  rope_theta: v.optional(v.pipe(v.number(), v.minValue(1)), 10_000),
  rope_scaling: v.optional(v.unknown()),
  hidden_act: v.optional(v.string(), 'silu'),
  attention_bias: v.optional(v.boolean(), false),
  mlp_bias: v.optional(v.boolean(), false),
  tie_word_embeddings: v.optional(v.boolean(), false),
})

/**
 * Reads a parsed config.json.
 *
 * @throws AppError `model/config-invalid` when a field is missing or out of range, `model/unsupported` when the
 * architecture or one of its options is not built yet.
 */
export function readModelConfig(json: unknown): ModelConfig {
  const parsed = v.safeParse(schema, json)
  if (!parsed.success) {
    const issue = parsed.issues[0]
    const field = v.getDotPath(issue) ?? 'the whole file'
    throw new AppError('model/config-invalid', {
      message: `config.json: ${field}: ${issue.message}`,
      details: { field },
    })
  }
  const config = parsed.output
  const refuse = (what: string): never => {
    throw new AppError('model/unsupported', { message: `config.json asks for ${what}`, details: { what } })
  }
  if (config.model_type !== 'llama') refuse(`model_type ${config.model_type}`)
  if (config.rope_scaling !== undefined && config.rope_scaling !== null) refuse('rope_scaling')
  if (config.hidden_act !== 'silu') refuse(`hidden_act ${config.hidden_act}`)
  if (config.attention_bias) refuse('attention_bias')
  if (config.mlp_bias) refuse('mlp_bias')
  const heads = config.num_attention_heads
  const keyValueHeads = config.num_key_value_heads ?? heads
  if (heads % keyValueHeads !== 0) refuse(`${heads} heads over ${keyValueHeads} key/value heads`)
  const headWidth = config.head_dim ?? config.hidden_size / heads
  if (!Number.isInteger(headWidth) || headWidth % 2 !== 0) refuse(`heads ${headWidth} wide`)
  return {
    layers: config.num_hidden_layers,
    width: config.hidden_size,
    heads,
    keyValueHeads,
    headWidth,
    feedForward: config.intermediate_size,
    vocabulary: config.vocab_size,
    maxTokens: config.max_position_embeddings,
    normEpsilon: config.rms_norm_eps,
    ropeTheta: config.rope_theta,
    hasTiedHead: config.tie_word_embeddings,
  }
}

/** Input and output width of each of the seven linears. */
export function linearShapes(config: ModelConfig) {
  const { width, feedForward, headWidth } = config
  const queries = config.heads * headWidth
  const keys = config.keyValueHeads * headWidth
  return {
    q_proj: { inputs: width, outputs: queries },
    k_proj: { inputs: width, outputs: keys },
    v_proj: { inputs: width, outputs: keys },
    o_proj: { inputs: queries, outputs: width },
    gate_proj: { inputs: width, outputs: feedForward },
    up_proj: { inputs: width, outputs: feedForward },
    down_proj: { inputs: feedForward, outputs: width },
  } as const
}

export type LinearName = keyof ReturnType<typeof linearShapes>

/** The block of a layer a linear stands in, as Hugging Face names modules. */
export const linearParent: Readonly<Record<LinearName, 'self_attn' | 'mlp'>> = {
  q_proj: 'self_attn',
  k_proj: 'self_attn',
  v_proj: 'self_attn',
  o_proj: 'self_attn',
  gate_proj: 'mlp',
  up_proj: 'mlp',
  down_proj: 'mlp',
}

export const linearNames = Object.keys(linearParent) as LinearName[]

export function parameterCount(config: ModelConfig): number {
  const linears = Object.values(linearShapes(config)).reduce((sum, { inputs, outputs }) => sum + inputs * outputs, 0)
  const embeddings = config.vocabulary * config.width * (config.hasTiedHead ? 1 : 2)
  return config.layers * (linears + 2 * config.width) + embeddings + config.width
}
