import { describe, expect, test } from 'vitest'
import { parameterCount, readModelConfig } from '../../../src/models/config'

const smol = {
  model_type: 'llama',
  hidden_size: 576,
  intermediate_size: 1536,
  num_hidden_layers: 30,
  num_attention_heads: 9,
  num_key_value_heads: 3,
  vocab_size: 49152,
  max_position_embeddings: 2048,
  rms_norm_eps: 1e-5,
  rope_theta: 100000,
  tie_word_embeddings: true,
}

describe('readModelConfig', () => {
  test('reads SmolLM2-135M and counts its parameters', () => {
    const config = readModelConfig(smol)
    expect(config.headWidth).toBe(64)
    expect(parameterCount(config)).toBe(134_515_008)
  })
  test.each([
    ['another architecture', { model_type: 'gpt2' }],
    ['scaled rotary positions', { rope_scaling: { type: 'linear', factor: 2 } }],
    ['attention biases', { attention_bias: true }],
    ['another activation', { hidden_act: 'gelu' }],
    ['heads that cannot be grouped', { num_key_value_heads: 4 }],
  ])('refuses %s by name', (_, change) => {
    expect(() => readModelConfig({ ...smol, ...change })).toThrow(
      expect.objectContaining({ code: 'model/unsupported' }),
    )
  })
  test.each([
    ['a missing width', { hidden_size: undefined }],
    ['a negative layer count', { num_hidden_layers: -1 }],
    ['a vocabulary that would not fit anywhere', { vocab_size: 1e9 }],
    ['a list', { hidden_size: [1] }],
  ])('calls %s invalid', (_, change) => {
    expect(() => readModelConfig({ ...smol, ...change })).toThrow(
      expect.objectContaining({ code: 'model/config-invalid' }),
    )
  })
})
