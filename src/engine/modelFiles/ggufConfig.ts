// A GGUF file's metadata as the config.json that Hugging Face would have for the same model. What a family's
// reader then does not know, it refuses by name.
import { AppError } from '../../base/errors'
import type { FileSource } from '../../formats/fileSource'
import { readGgufTensor, type GgufHeader, type GgufValue } from '../../formats/gguf'

/** The tensor with one divisor for each rotated pair, where a model's positions were stretched as Llama 3.1's. */
export const ROPE_FACTORS = 'rope_freqs.weight'

/** Half of the widest head, in float32. */
const MAX_FACTOR_BYTES = 512 * 4

/**
 * @throws AppError `model/unsupported` for another architecture, experts, parts of a split file or positions that
 * we do not compute; `model/config-invalid` for a key that is missing or of another type.
 */
export async function configOfGguf(source: FileSource, header: GgufHeader): Promise<Record<string, unknown>> {
  const { metadata, tensors } = header
  const architecture = text(metadata, 'general.architecture')
  if (architecture !== 'llama' && architecture !== 'qwen2' && architecture !== 'qwen3' && architecture !== 'gpt2') {
    throw unsupported(`the architecture ${architecture.slice(0, 80)}`)
  }
  const number = (key: string) => numberOf(metadata, `${architecture}.${key}`)
  const optional = (key: string) => optionalNumber(metadata, `${architecture}.${key}`)
  if ((optionalNumber(metadata, 'split.count') ?? 1) !== 1) throw unsupported('one part of a split file')
  refuseOtherKeys(metadata, architecture)
  const vocabulary = tensors.get('token_embd.weight')?.shape[0]
  const isTied = !tensors.has('output.weight')
  if (architecture === 'gpt2') {
    return {
      model_type: architecture,
      n_embd: number('embedding_length'),
      n_layer: number('block_count'),
      n_head: number('attention.head_count'),
      n_positions: number('context_length'),
      n_inner: number('feed_forward_length'),
      layer_norm_epsilon: number('attention.layer_norm_epsilon'),
      vocab_size: vocabulary,
      tie_word_embeddings: isTied,
    }
  }
  const heads = number('attention.head_count')
  const headWidth = optional('attention.key_length') ?? number('embedding_length') / heads
  const rotated = optional('rope.dimension_count') ?? headWidth
  const valueWidth = optional('attention.value_length') ?? headWidth
  if (valueWidth !== headWidth) throw unsupported(`values ${valueWidth} wide with keys ${headWidth} wide`)
  return {
    model_type: architecture,
    hidden_size: number('embedding_length'),
    intermediate_size: number('feed_forward_length'),
    num_hidden_layers: number('block_count'),
    num_attention_heads: heads,
    num_key_value_heads: optional('attention.head_count_kv') ?? heads,
    head_dim: headWidth,
    vocab_size: vocabulary,
    max_position_embeddings: number('context_length'),
    rms_norm_eps: number('attention.layer_norm_rms_epsilon'),
    tie_word_embeddings: isTied,
    attention_bias: architecture !== 'qwen2' && tensors.has('blk.0.attn_q.bias'),
    mlp_bias: tensors.has('blk.0.ffn_gate.bias'),
    partial_rotary_factor: rotated / headWidth,
    rope_parameters: {
      rope_theta: optional('rope.freq_base') ?? 10_000,
      ...(await ropeScaling(source, header, architecture)),
    },
  }
}

/** Keys of an architecture that are read here, or change nothing in what is computed. */
const knownKeys = new Set([
  'attention.head_count',
  'attention.head_count_kv',
  'attention.key_length',
  'attention.layer_norm_epsilon',
  'attention.layer_norm_rms_epsilon',
  'attention.value_length',
  'block_count',
  'context_length',
  'embedding_length',
  'expert_used_count',
  'feed_forward_length',
  'rope.dimension_count',
  'rope.freq_base',
  'rope.scaling.factor',
  'rope.scaling.finetuned',
  'rope.scaling.original_context_length',
  'rope.scaling.type',
  'tensor_data_layout',
  'vocab_size',
])

/** What such a key says where it changes nothing: no experts, no window, a factor of 1, a causal mask. */
function isNeutral(key: string, value: GgufValue): boolean {
  if (key === 'attention.causal') return value === true
  if (/(scale|factor|scale_linear)$/.test(key)) return value === 1
  return value === 0 || value === false || value === ''
}

/** A model that runs with a part left out gives wrong numbers, not an error. */
function refuseOtherKeys(metadata: ReadonlyMap<string, GgufValue>, architecture: string): void {
  const start = `${architecture}.`
  for (const [key, value] of metadata) {
    const name = key.slice(start.length)
    if (key.startsWith(start) && !knownKeys.has(name) && !isNeutral(name, value)) throw unsupported(name.slice(0, 80))
  }
}

async function ropeScaling(
  source: FileSource,
  { metadata, tensors }: GgufHeader,
  architecture: string,
): Promise<Record<string, unknown>> {
  // The converter of Llama 3.1 and later stores what the scaling comes to: one divisor for each pair.
  const factors = tensors.get(ROPE_FACTORS)
  if (factors && factors.sizeBytes > MAX_FACTOR_BYTES)
    throw unsupported(`${factors.sizeBytes} bytes of ${ROPE_FACTORS}`)
  if (factors) return { rope_type: 'factors', factors: [...(await readGgufTensor(source, factors))] }
  const kind = metadata.get(`${architecture}.rope.scaling.type`)
  if (kind === undefined || kind === 'none') return {}
  return { rope_type: kind, factor: optionalNumber(metadata, `${architecture}.rope.scaling.factor`) }
}

function numberOf(metadata: ReadonlyMap<string, GgufValue>, key: string): number {
  const value = optionalNumber(metadata, key)
  if (value === undefined) throw invalid(key, 'is missing')
  return value
}

function optionalNumber(metadata: ReadonlyMap<string, GgufValue>, key: string): number | undefined {
  const value = metadata.get(key)
  if (value === undefined || typeof value === 'number') return value
  throw invalid(key, 'is no number')
}

function text(metadata: ReadonlyMap<string, GgufValue>, key: string): string {
  const value = metadata.get(key)
  if (typeof value === 'string') return value
  throw invalid(key, 'is missing or no text')
}

function invalid(key: string, what: string): AppError {
  return new AppError('model/config-invalid', { message: `GGUF metadata: ${key} ${what}`, details: { field: key } })
}

function unsupported(what: string): AppError {
  return new AppError('model/unsupported', { message: `the GGUF file has ${what}`, details: { what } })
}
