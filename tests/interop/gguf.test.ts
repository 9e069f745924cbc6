// The goldens once more, from GGUF files written as llama.cpp's converter writes them: names, row order of
// queries and keys, transposed matrices, metadata.
import { describe, expect, test } from 'vitest'
import { configOfGguf } from '../../src/engine/modelFiles/ggufConfig'
import { ggufName, openGgufWeights } from '../../src/engine/modelFiles/ggufWeights'
import { bytesSource } from '../../src/formats/fileSource'
import { readGgufHeader } from '../../src/formats/gguf'
import { readModelConfig, type ModelConfig } from '../../src/models/config'
import { ReferenceExecutor } from '../../src/reference/executor'
import { errorsOfGolden, loadGolden, missed, type Golden } from '../helpers/golden'
import { readGoldenFile } from '../helpers/goldenFiles'
import { f32, gguf, kinds, pair, text, u32, type TensorToBuild } from '../unit/formats/ggufFiles'

describe.each(['llama-tied', 'llama-rope3', 'llama-linear', 'qwen2', 'qwen3', 'gpt2'])('%s', (name) => {
  test('gives the same from a GGUF file', async () => {
    const golden = await loadGolden(name, readGoldenFile)
    const config = readModelConfig(golden.config)
    const source = bytesSource(asGguf(golden, config), 'model.gguf')
    const header = await readGgufHeader(source)
    const json = await configOfGguf(source, header)
    const weights = openGgufWeights(source, header, readModelConfig(json))
    const read = new Map<string, Float32Array>()
    for (const key of golden.weights.keys()) read.set(key, await weights.float32(key))
    const errors = await errorsOfGolden(
      { ...golden, config: json, weights: read },
      () => Promise.resolve(new ReferenceExecutor()),
      { steps: 2 },
    )
    expect(missed(errors)).toEqual([])
  })
})

test('queries in the order of the file would fail', async () => {
  const golden = await loadGolden('llama-tied', readGoldenFile)
  const config = readModelConfig(golden.config)
  const source = bytesSource(asGguf(golden, config), 'model.gguf')
  const weights = openGgufWeights(source, await readGgufHeader(source), { ...config, family: 'qwen2' })
  const read = new Map<string, Float32Array>()
  for (const key of golden.weights.keys()) read.set(key, await weights.float32(key))
  const onReference = () => Promise.resolve(new ReferenceExecutor())
  expect(missed(await errorsOfGolden({ ...golden, weights: read }, onReference, { steps: 2 }))).not.toEqual([])
})

function asGguf(golden: Golden, config: ModelConfig): Uint8Array<ArrayBuffer> {
  const tensors = [...golden.weights].map(([name, values]) => tensorOf(name, values, config))
  const factors = ropeFactors(config)
  return gguf({ pairs: metadataOf(config), tensors: factors ? [...tensors, factors] : tensors })
}

/** As convert_hf_to_gguf.py: permute() of LlamaModel, transposition of GPT2Model. */
function tensorOf(name: string, values: Float32Array, config: ModelConfig): TensorToBuild {
  const rotated = config.family === 'llama' ? /\.(q|k)_proj\./.exec(name)?.[1] : undefined
  const heads = rotated === undefined ? 0 : rotated === 'q' ? config.heads : config.keyValueHeads
  const columns = name.endsWith('.bias') || /norm|ln_/.test(name) ? 1 : columnsOf(name, config)
  const rows = values.length / columns
  let data = values
  let dimensions = columns === 1 ? [rows] : [columns, rows]
  if (heads > 0) {
    const half = rows / heads / 2
    data = new Float32Array(values.length)
    for (let head = 0; head < heads; head++) {
      for (let side = 0; side < 2; side++) {
        for (let i = 0; i < half; i++) {
          const from = (head * 2 * half + side * half + i) * columns
          data.set(values.subarray(from, from + columns), (head * 2 * half + 2 * i + side) * columns)
        }
      }
    }
  }
  if (config.family === 'gpt2' && /c_(attn|proj|fc)\.weight/.test(name)) {
    data = values.map((_, i) => values[(i % rows) * columns + Math.floor(i / rows)] ?? 0)
    dimensions = [rows, columns]
  }
  return { name: ggufName(name) ?? name, dimensions, data: new Uint8Array(data.slice().buffer) }
}

/** The length of a row as the checkpoint has it. */
function columnsOf(name: string, { family, width, ...config }: ModelConfig): number {
  if (family !== 'gpt2') {
    if (name.includes('o_proj')) return config.heads * config.headWidth
    return name.includes('down_proj') ? config.feedForward : width
  }
  if (name.includes('c_attn')) return 3 * width
  return name.includes('c_fc') ? config.feedForward : width
}

function metadataOf(config: ModelConfig): Uint8Array[] {
  const number = (key: string, value: number) => pair(`${config.family}.${key}`, kinds.u32, u32(value))
  const float = (key: string, value: number) => pair(`${config.family}.${key}`, kinds.f32, f32(value))
  const epsilon = config.family === 'gpt2' ? 'attention.layer_norm_epsilon' : 'attention.layer_norm_rms_epsilon'
  const scaling = config.rope?.scaling
  return [
    pair('general.architecture', kinds.string, text(config.family)),
    number('embedding_length', config.width),
    number('block_count', config.layers),
    number('feed_forward_length', config.feedForward),
    number('context_length', config.maxTokens),
    number('attention.head_count', config.heads),
    number('attention.head_count_kv', config.keyValueHeads),
    float(epsilon, config.normEpsilon),
    ...(config.rope
      ? [
          number('attention.key_length', config.headWidth),
          number('rope.dimension_count', config.headWidth),
          float('rope.freq_base', config.rope.theta),
        ]
      : []),
    ...(scaling?.kind === 'linear'
      ? [
          pair(`${config.family}.rope.scaling.type`, kinds.string, text('linear')),
          float('rope.scaling.factor', scaling.factor),
        ]
      : []),
  ]
}

/** What the converter writes for Llama 3's scaling: see Llama3 rope_freqs in convert_hf_to_gguf.py. */
function ropeFactors({ rope, headWidth }: ModelConfig): TensorToBuild | null {
  if (rope?.scaling?.kind !== 'llama3') return null
  const { factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalMaxTokens: original } = rope.scaling
  const factors = Float32Array.from({ length: headWidth / 2 }, (_, i) => {
    const wavelength = 2 * Math.PI * rope.theta ** ((2 * i) / headWidth)
    if (wavelength < original / high) return 1
    if (wavelength > original / low) return factor
    const smooth = (original / wavelength - low) / (high - low)
    return 1 / ((1 - smooth) / factor + smooth)
  })
  return { name: 'rope_freqs.weight', dimensions: [factors.length], data: new Uint8Array(factors.buffer) }
}
