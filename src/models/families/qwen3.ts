// Qwen3: Llama with a norm over each head of queries and keys, before they are rotated.
// Yang et al. 2025, arXiv 2505.09388.
import * as v from 'valibot'
import { defined } from '../../base/assert'
import type { Tensor } from '../../plan/tensor'
import type { Family, ModelConfig } from './family'
import { llama, llamaFields, llamaLikeConfig } from './llama'
import { readFields, refuseUnsupportedFields } from './readConfig'

const DEFAULT_HEAD_WIDTH = 128

function readConfig(json: unknown): ModelConfig {
  refuseUnsupportedFields(json)
  const fields = readFields(v.looseObject(llamaFields), json)
  return {
    family: 'qwen3',
    ...llamaLikeConfig({ ...fields, head_dim: fields.head_dim ?? DEFAULT_HEAD_WIDTH }),
    linearsWithBias: fields.attention_bias ? ['q_proj', 'k_proj', 'v_proj', 'o_proj'] : [],
  }
}

const headNorms = { q_proj: 'self_attn.q_norm', k_proj: 'self_attn.k_norm' } as const

export const qwen3: Family = {
  ...llama,
  name: 'qwen3',
  title: 'Qwen3',
  readConfig,
  norms: [
    ...llama.norms,
    ...Object.values(headNorms).map((path) => ({ path, width: ({ headWidth }: ModelConfig) => headWidth })),
  ],
  block: (parts, x) =>
    llama.block(
      {
        ...parts,
        linears: (names, input) => {
          const outputs = parts.linears(names, input)
          const normed = names.map((name, index) => {
            const y = defined(outputs[index], name)
            return name === 'q_proj' || name === 'k_proj' ? parts.norm(headNorms[name], y) : y
          })
          return normed as { [K in keyof typeof names]: Tensor } // mapped one to one
        },
      },
      x,
    ),
}
