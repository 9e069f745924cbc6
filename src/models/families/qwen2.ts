// Qwen2 and Qwen2.5: Llama with biases on queries, keys and values. Yang et al. 2024, arXiv 2407.10671.
import * as v from 'valibot'
import type { Family, ModelConfig } from './family'
import { llama, llamaFields, llamaLikeConfig } from './llama'
import { readFields, refuseUnsupportedFields } from './readConfig'

function readConfig(json: unknown): ModelConfig {
  refuseUnsupportedFields(json)
  const fields = readFields(v.looseObject(llamaFields), json)
  return { family: 'qwen2', ...llamaLikeConfig(fields), linearsWithBias: ['q_proj', 'k_proj', 'v_proj'] }
}

export const qwen2: Family = { ...llama, name: 'qwen2', title: 'Qwen2', readConfig }
