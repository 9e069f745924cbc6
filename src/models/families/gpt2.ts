// GPT-2: LayerNorm, learned positions, queries, keys and values in one product, GELU in its tanh form.
// Radford et al. 2019; the layout is that of Hugging Face, whose Conv1D keeps matrices [inputs, outputs].
import * as v from 'valibot'
import { gelu } from '../../kernels/gelu/gelu'
import { splitColumns } from '../../kernels/splitColumns/splitColumns'
import type { Tensor } from '../../plan/tensor'
import type { BlockParts, Family, ModelConfig } from './family'
import { checkHeads, epsilon, readFields, refuse, refuseUnsupportedFields, size } from './readConfig'

const fields = v.looseObject({
  n_embd: size(65_536),
  n_layer: size(512),
  n_head: size(1_024),
  n_positions: size(65_536),
  n_inner: v.nullish(size(262_144)),
  vocab_size: size(1_048_576),
  layer_norm_epsilon: v.optional(epsilon, 1e-5),
  activation_function: v.optional(v.string(), 'gelu_new'),
  scale_attn_weights: v.optional(v.boolean(), true),
  scale_attn_by_inverse_layer_idx: v.optional(v.boolean(), false),
  tie_word_embeddings: v.optional(v.boolean(), true),
})

/** Two names of one function. */
const tanhGelus = ['gelu_new', 'gelu_pytorch_tanh']

function readConfig(json: unknown): ModelConfig {
  refuseUnsupportedFields(json)
  const config = readFields(fields, json)
  if (!tanhGelus.includes(config.activation_function)) refuse(`activation_function ${config.activation_function}`)
  if (!config.scale_attn_weights) refuse('attention without scaling (scale_attn_weights false)')
  if (config.scale_attn_by_inverse_layer_idx) refuse('scale_attn_by_inverse_layer_idx')
  const headWidth = config.n_embd / config.n_head
  checkHeads(config.n_head, config.n_head, headWidth)
  return {
    family: 'gpt2',
    layers: config.n_layer,
    width: config.n_embd,
    heads: config.n_head,
    keyValueHeads: config.n_head,
    headWidth,
    feedForward: config.n_inner ?? 4 * config.n_embd,
    vocabulary: config.vocab_size,
    maxTokens: config.n_positions,
    normEpsilon: config.layer_norm_epsilon,
    rope: null,
    hasTiedHead: config.tie_word_embeddings,
    linearsWithBias: ['c_attn', 'attn.c_proj', 'c_fc', 'mlp.c_proj'],
  }
}

function block({ plan, norm, linear, attend }: BlockParts, x: Tensor): Tensor {
  const qkv = linear('c_attn', norm('ln_1', x))
  const named = (part: string) => `${qkv.name}: ${part}`
  const heads = attend(...splitColumns(plan, qkv, [named('queries'), named('keys'), named('values')]))
  const attended = linear('attn.c_proj', heads, { plus: x })

  const inner = linear('c_fc', norm('ln_2', attended))
  return linear('mlp.c_proj', gelu(plan, inner), { plus: attended })
}

export const gpt2: Family = {
  name: 'gpt2',
  title: 'GPT-2',
  readConfig,
  normKind: 'layer',
  isTransposed: true,
  modules: {
    embedding: 'transformer.wte',
    positions: 'transformer.wpe',
    layers: 'transformer.h',
    finalNorm: 'transformer.ln_f',
  },
  linears: [
    { name: 'c_attn', path: 'attn.c_attn', shape: ({ width }) => ({ inputs: width, outputs: 3 * width }) },
    { name: 'attn.c_proj', path: 'attn.c_proj', shape: ({ width }) => ({ inputs: width, outputs: width }) },
    { name: 'c_fc', path: 'mlp.c_fc', shape: (c) => ({ inputs: c.width, outputs: c.feedForward }) },
    { name: 'mlp.c_proj', path: 'mlp.c_proj', shape: (c) => ({ inputs: c.feedForward, outputs: c.width }) },
  ],
  joined: [],
  norms: [
    { path: 'ln_1', width: ({ width }) => width },
    { path: 'ln_2', width: ({ width }) => width },
  ],
  block,
}
