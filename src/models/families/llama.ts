// Llama, and all that follow it (SmolLM2, TinyLlama): RMSNorm, rotary positions, grouped heads, SwiGLU.
// Touvron et al. 2023, arXiv 2302.13971; Llama 3: arXiv 2407.21783.
import * as v from 'valibot'
import { swiglu } from '../../kernels/swiglu/swiglu'
import type { Tensor } from '../../plan/tensor'
import type { BlockParts, Family, LinearName, LinearPart, ModelConfig } from './family'
import {
  checkHeads,
  epsilon,
  LONGEST_SEQUENCE,
  readFields,
  readRope,
  refuse,
  refuseUnsupportedFields,
  ropeFields,
  size,
} from './readConfig'

/** Fields of config.json that Llama's descendants have too. */
export const llamaFields = {
  hidden_size: size(65_536),
  intermediate_size: size(262_144),
  num_hidden_layers: size(512),
  num_attention_heads: size(1_024),
  num_key_value_heads: v.nullish(size(1_024)),
  head_dim: v.nullish(size(1_024)),
  vocab_size: size(1_048_576),
  max_position_embeddings: size(16_777_216),
  rms_norm_eps: epsilon,
  hidden_act: v.optional(v.string(), 'silu'),
  attention_bias: v.optional(v.boolean(), false),
  mlp_bias: v.optional(v.boolean(), false),
  tie_word_embeddings: v.optional(v.boolean(), false),
  ...ropeFields,
}

type LlamaFields = v.InferOutput<v.ObjectSchema<typeof llamaFields, undefined>>

/** What the fields say in every family that is built like Llama. */
export function llamaLikeConfig(fields: LlamaFields): Omit<ModelConfig, 'family' | 'linearsWithBias'> {
  if (fields.hidden_act !== 'silu') refuse(`hidden_act ${fields.hidden_act}`)
  const heads = fields.num_attention_heads
  const keyValueHeads = fields.num_key_value_heads ?? heads
  const headWidth = fields.head_dim ?? fields.hidden_size / heads
  checkHeads(heads, keyValueHeads, headWidth)
  const rope = readRope(fields)
  if (rope.scaling?.kind === 'factors' && rope.scaling.factors.length !== headWidth / 2) {
    refuse(`${rope.scaling.factors.length} rotary factors for heads ${headWidth} wide`)
  }
  return {
    layers: fields.num_hidden_layers,
    width: fields.hidden_size,
    heads,
    keyValueHeads,
    headWidth,
    feedForward: fields.intermediate_size,
    vocabulary: fields.vocab_size,
    maxTokens: Math.min(fields.max_position_embeddings, LONGEST_SEQUENCE),
    normEpsilon: fields.rms_norm_eps,
    rope,
    hasTiedHead: fields.tie_word_embeddings,
  }
}

const attentionLinears: readonly LinearName[] = ['q_proj', 'k_proj', 'v_proj', 'o_proj']
const feedForwardLinears: readonly LinearName[] = ['gate_proj', 'up_proj', 'down_proj']

function readConfig(json: unknown): ModelConfig {
  refuseUnsupportedFields(json)
  const fields = readFields(v.looseObject(llamaFields), json)
  return {
    family: 'llama',
    ...llamaLikeConfig(fields),
    linearsWithBias: [
      ...(fields.attention_bias ? attentionLinears : []),
      ...(fields.mlp_bias ? feedForwardLinears : []),
    ],
  }
}

const queries = ({ heads, headWidth }: ModelConfig) => heads * headWidth
const keys = ({ keyValueHeads, headWidth }: ModelConfig) => keyValueHeads * headWidth

export const llamaLinears: readonly LinearPart[] = [
  { name: 'q_proj', path: 'self_attn.q_proj', shape: (c) => ({ inputs: c.width, outputs: queries(c) }) },
  { name: 'k_proj', path: 'self_attn.k_proj', shape: (c) => ({ inputs: c.width, outputs: keys(c) }) },
  { name: 'v_proj', path: 'self_attn.v_proj', shape: (c) => ({ inputs: c.width, outputs: keys(c) }) },
  { name: 'o_proj', path: 'self_attn.o_proj', shape: (c) => ({ inputs: queries(c), outputs: c.width }) },
  { name: 'gate_proj', path: 'mlp.gate_proj', shape: (c) => ({ inputs: c.width, outputs: c.feedForward }) },
  { name: 'up_proj', path: 'mlp.up_proj', shape: (c) => ({ inputs: c.width, outputs: c.feedForward }) },
  { name: 'down_proj', path: 'mlp.down_proj', shape: (c) => ({ inputs: c.feedForward, outputs: c.width }) },
]

function block({ plan, norm, linear, linears, attend }: BlockParts, x: Tensor): Tensor {
  const normed = norm('input_layernorm', x)
  const [q, k, v] = linears(['q_proj', 'k_proj', 'v_proj'] as const, normed)
  const attended = linear('o_proj', attend(q, k, v), { plus: x })

  const inner = norm('post_attention_layernorm', attended)
  const [gate, up] = linears(['gate_proj', 'up_proj'] as const, inner)
  return linear('down_proj', swiglu(plan, gate, up), { plus: attended })
}

export const llama: Family = {
  name: 'llama',
  title: 'Llama',
  readConfig,
  normKind: 'rms',
  isTransposed: false,
  modules: { embedding: 'model.embed_tokens', layers: 'model.layers', finalNorm: 'model.norm' },
  linears: llamaLinears,
  joined: [
    ['q_proj', 'v_proj', 'k_proj'],
    ['gate_proj', 'up_proj'],
  ],
  norms: [
    { path: 'input_layernorm', width: ({ width }) => width },
    { path: 'post_attention_layernorm', width: ({ width }) => width },
  ],
  block,
}
