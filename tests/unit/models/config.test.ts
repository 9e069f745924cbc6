import { describe, expect, test } from 'vitest'
import { linearPath, parameterCount, readModelConfig } from '../../../src/models/config'

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
    ['another architecture', { model_type: 'mamba' }],
    ['dynamically scaled rotary positions', { rope_scaling: { type: 'dynamic', factor: 2 } }],
    ['yarn, as transformers 5 writes it', { rope_parameters: { rope_type: 'yarn', rope_theta: 1e4, factor: 4 } }],
    ['heads rotated in part', { partial_rotary_factor: 0.5 }],
    ['sliding windows', { use_sliding_window: true }],
    ['sliding windows in some layers', { layer_types: ['full_attention', 'sliding_attention'] }],
    ['experts', { num_local_experts: 8 }],
    ['packed weights', { quantization_config: { bits: 4 } }],
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

describe('families', () => {
  test('Llama 3.2 1B: scaled rotary positions, sequences cut to what we compute', () => {
    const config = readModelConfig({
      ...smol,
      hidden_size: 2048,
      intermediate_size: 8192,
      num_hidden_layers: 16,
      num_attention_heads: 32,
      num_key_value_heads: 8,
      head_dim: 64,
      vocab_size: 128256,
      max_position_embeddings: 131072,
      rope_theta: 500000,
      rope_scaling: {
        rope_type: 'llama3',
        factor: 32,
        low_freq_factor: 1,
        high_freq_factor: 4,
        original_max_position_embeddings: 8192,
      },
    })
    expect(parameterCount(config)).toBe(1_235_814_400)
    expect(config.maxTokens).toBe(8192)
    expect(config.rope).toEqual({
      theta: 500_000,
      scaling: { kind: 'llama3', factor: 32, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalMaxTokens: 8192 },
    })
  })

  test('transformers 5 keeps theta and scaling together', () => {
    const { rope_theta: _, ...rest } = smol
    const config = readModelConfig({ ...rest, rope_parameters: { rope_type: 'linear', rope_theta: 1e6, factor: 2 } })
    expect(config.rope).toEqual({ theta: 1e6, scaling: { kind: 'linear', factor: 2 } })
  })

  test('Qwen2.5 0.5B has biases on queries, keys and values', () => {
    const config = readModelConfig({
      ...smol,
      model_type: 'qwen2',
      hidden_size: 896,
      intermediate_size: 4864,
      num_hidden_layers: 24,
      num_attention_heads: 14,
      num_key_value_heads: 2,
      vocab_size: 151936,
      use_sliding_window: false,
      sliding_window: 32768,
    })
    expect(config.linearsWithBias).toEqual(['q_proj', 'k_proj', 'v_proj'])
    expect(parameterCount(config)).toBe(494_032_768)
  })

  test('Qwen3 0.6B has heads wider than the width divided by them, and norms on them', () => {
    const config = readModelConfig({
      ...smol,
      model_type: 'qwen3',
      hidden_size: 1024,
      intermediate_size: 3072,
      num_hidden_layers: 28,
      num_attention_heads: 16,
      num_key_value_heads: 8,
      head_dim: 128,
      vocab_size: 151936,
      layer_types: Array.from({ length: 28 }, () => 'full_attention'),
    })
    expect(parameterCount(config)).toBe(596_049_920)
  })

  test('GPT-2 has learned positions and biases everywhere', () => {
    const gpt2 = { model_type: 'gpt2', n_embd: 768, n_layer: 12, n_head: 12, n_positions: 1024, vocab_size: 50257 }
    const config = readModelConfig(gpt2)
    expect(parameterCount(config)).toBe(124_439_808)
    expect(linearPath(config, 3, 'attn.c_proj')).toBe('transformer.h.3.attn.c_proj')
    for (const change of [{ activation_function: 'gelu' }, { scale_attn_by_inverse_layer_idx: true }]) {
      expect(() => readModelConfig({ ...gpt2, ...change })).toThrow(
        expect.objectContaining({ code: 'model/unsupported' }),
      )
    }
  })
})
