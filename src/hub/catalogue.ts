// Models that Plume is made for. A shape stands here so that what a run takes is known before anything is fetched;
// the model that comes is read from its own files, and named by the commit that the hub gives for `main`.

export interface CatalogueModel {
  readonly id: string
  readonly licence: string
  /** BCP 47, the best known first. */
  readonly languages: readonly string[]
  /** More than the list, as its makers say; null where the list is whole. */
  readonly languageCount: number | null
  /** The hub asks a person to accept its terms first. */
  readonly isGated: boolean
  /** Of a weight in its file. */
  readonly bytesPerWeight: 2 | 4
  /** What the shape follows from, as in config.json. */
  readonly config: Readonly<Record<string, unknown>>
}

const smol = { model_type: 'llama', vocab_size: 49_152, max_position_embeddings: 8192, rope_theta: 100_000 }
const smol135 = {
  ...smol,
  hidden_size: 576,
  intermediate_size: 1536,
  num_hidden_layers: 30,
  num_attention_heads: 9,
  num_key_value_heads: 3,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: true,
}
const smol360 = {
  ...smol135,
  hidden_size: 960,
  intermediate_size: 2560,
  num_hidden_layers: 32,
  num_attention_heads: 15,
  num_key_value_heads: 5,
}
const english = { languages: ['en'], languageCount: null, isGated: false, bytesPerWeight: 2 } as const
const qwen = {
  vocab_size: 151_936,
  rope_theta: 1_000_000,
  rms_norm_eps: 1e-6,
  tie_word_embeddings: true,
}

export const catalogue: readonly CatalogueModel[] = [
  { ...english, id: 'HuggingFaceTB/SmolLM2-135M', licence: 'apache-2.0', config: smol135 },
  { ...english, id: 'HuggingFaceTB/SmolLM2-135M-Instruct', licence: 'apache-2.0', config: smol135 },
  { ...english, id: 'HuggingFaceTB/SmolLM2-360M', licence: 'apache-2.0', config: smol360 },
  { ...english, id: 'HuggingFaceTB/SmolLM2-360M-Instruct', licence: 'apache-2.0', config: smol360 },
  {
    id: 'Qwen/Qwen2.5-0.5B',
    licence: 'apache-2.0',
    languages: ['en', 'zh', 'ko'],
    languageCount: 29,
    isGated: false,
    bytesPerWeight: 2,
    config: {
      ...qwen,
      model_type: 'qwen2',
      hidden_size: 896,
      intermediate_size: 4864,
      num_hidden_layers: 24,
      num_attention_heads: 14,
      num_key_value_heads: 2,
      max_position_embeddings: 32_768,
    },
  },
  {
    id: 'Qwen/Qwen3-0.6B',
    licence: 'apache-2.0',
    languages: ['en', 'zh', 'ko'],
    languageCount: 100,
    isGated: false,
    bytesPerWeight: 2,
    config: {
      ...qwen,
      model_type: 'qwen3',
      hidden_size: 1024,
      intermediate_size: 3072,
      num_hidden_layers: 28,
      num_attention_heads: 16,
      num_key_value_heads: 8,
      head_dim: 128,
      max_position_embeddings: 40_960,
    },
  },
  {
    id: 'meta-llama/Llama-3.2-1B',
    licence: 'llama3.2',
    languages: ['en', 'de', 'fr', 'it', 'pt', 'hi', 'es', 'th'],
    languageCount: null,
    isGated: true,
    bytesPerWeight: 2,
    config: {
      model_type: 'llama',
      hidden_size: 2048,
      intermediate_size: 8192,
      num_hidden_layers: 16,
      num_attention_heads: 32,
      num_key_value_heads: 8,
      head_dim: 64,
      vocab_size: 128_256,
      max_position_embeddings: 131_072,
      rope_theta: 500_000,
      rope_scaling: {
        rope_type: 'llama3',
        factor: 32,
        low_freq_factor: 1,
        high_freq_factor: 4,
        original_max_position_embeddings: 8192,
      },
      rms_norm_eps: 1e-5,
      tie_word_embeddings: true,
    },
  },
  {
    ...english,
    id: 'TinyLlama/TinyLlama-1.1B-Chat-v1.0',
    licence: 'apache-2.0',
    config: {
      model_type: 'llama',
      hidden_size: 2048,
      intermediate_size: 5632,
      num_hidden_layers: 22,
      num_attention_heads: 32,
      num_key_value_heads: 4,
      vocab_size: 32_000,
      max_position_embeddings: 2048,
      rope_theta: 10_000,
      rms_norm_eps: 1e-5,
      tie_word_embeddings: false,
    },
  },
  {
    ...english,
    id: 'openai-community/gpt2',
    licence: 'mit',
    bytesPerWeight: 4,
    config: {
      model_type: 'gpt2',
      n_embd: 768,
      n_layer: 12,
      n_head: 12,
      n_positions: 1024,
      vocab_size: 50_257,
      layer_norm_epsilon: 1e-5,
      activation_function: 'gelu_new',
    },
  },
]
