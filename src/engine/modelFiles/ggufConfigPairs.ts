// What a GGUF file says of a model's shape: the inverse of ggufConfig.ts. The keys, and what each architecture reads,
// are those of llama.cpp's loader (src/llama-arch.cpp, src/models/).
import { AppError } from '../../base/errors'
import type { GgufPair } from '../../formats/ggufWriter'
import type { ModelConfig } from '../../models/config'
import { ropeFrequencies } from '../../models/ropeFrequencies'

/**
 * contextLength: how many positions the model's own config names, which may be more than Plume computes.
 *
 * @throws AppError `share/not-in-gguf` for what llama.cpp's loader of that architecture does not read.
 */
export function ggufConfigPairs(config: ModelConfig, contextLength: number): GgufPair[] {
  const { family, rope } = config
  if (family === 'qwen3' && config.linearsWithBias.length > 0) throw notInGguf('biases in the attention of Qwen3')
  const size = (key: string, value: number): GgufPair => ({ key: `${family}.${key}`, kind: 'uint32', value })
  const real = (key: string, value: number): GgufPair => ({ key: `${family}.${key}`, kind: 'float32', value })
  const shared = [
    size('block_count', config.layers),
    size('context_length', contextLength),
    size('embedding_length', config.width),
    size('feed_forward_length', config.feedForward),
    size('attention.head_count', config.heads),
  ]
  if (!rope) return [...shared, real('attention.layer_norm_epsilon', config.normEpsilon)]
  const { theta, scaling } = rope
  return [
    ...shared,
    size('attention.head_count_kv', config.keyValueHeads),
    size('attention.key_length', config.headWidth),
    size('attention.value_length', config.headWidth),
    real('attention.layer_norm_rms_epsilon', config.normEpsilon),
    size('rope.dimension_count', config.headWidth),
    real('rope.freq_base', theta),
    ...(scaling?.kind === 'linear'
      ? [
          { key: `${family}.rope.scaling.type`, kind: 'string', value: 'linear' } as const,
          real('rope.scaling.factor', scaling.factor),
        ]
      : []),
    size('vocab_size', config.vocabulary),
  ]
}

/**
 * One divisor for each rotated pair, where positions were stretched pair by pair; null elsewhere.
 *
 * @throws AppError `share/not-in-gguf`: only its Llama reads them.
 */
export function ggufRopeFactors({ family, headWidth, rope }: ModelConfig): Float32Array | null {
  if (!rope?.scaling || rope.scaling.kind === 'linear') return null
  if (family !== 'llama') throw notInGguf(`positions of ${family} that were stretched as Llama 3’s`)
  const plain = ropeFrequencies(headWidth, { ...rope, scaling: null })
  const scaled = ropeFrequencies(headWidth, rope)
  return Float32Array.from(plain, (frequency, pair) => frequency / (scaled[pair] ?? frequency))
}

export function notInGguf(what: string): AppError {
  return new AppError('share/not-in-gguf', {
    message: `GGUF, as llama.cpp reads it, cannot say ${what}`,
    details: { what },
  })
}
