// A merged model as GGUF, read back by the reader that a person's GGUF file goes through.
import { expect, test } from 'vitest'
import { concatBytes } from '../../../src/base/bytes'
import { floatsToHalves, halvesToFloats } from '../../../src/base/float16'
import { mergedGguf, type GgufBase } from '../../../src/engine/mergedGguf'
import type { Merge } from '../../../src/engine/mergedModel'
import type { GgufType } from '../../../src/engine/mergedTypes'
import { openModelFiles } from '../../../src/engine/modelFiles/modelFiles'
import { bytesSource } from '../../../src/formats/fileSource'
import { readGgufHeader } from '../../../src/formats/gguf'
import { linearNamesOf, readModelConfig, type ModelConfig } from '../../../src/models/config'
import { declareAdapter } from '../../../src/models/lora'
import { dequantizeBlocks, quantizeBlocks } from '../../../src/models/quantize'
import { storedWeights } from '../../../src/models/weights'
import { relativeNormError } from '../../../src/base/relativeNormError'
import { modelLogits } from '../../helpers/modelLogits'
import { loadRandomModel, tinyConfig, tinyFamilies, warmParameters } from '../../helpers/tinyModel'
import { tinyTokenizerJson } from '../text/tinyTokenizer'

// Three rows more than the tokenizer has tokens, as checkpoints often have.
const vocabulary = Object.keys(tinyTokenizerJson().model.vocab).length + 3
const rope = (scaling: NonNullable<ModelConfig['rope']>['scaling']) => ({ theta: 500, scaling })
const llama3 = rope({
  kind: 'llama3',
  factor: 8,
  lowFrequencyFactor: 1,
  highFrequencyFactor: 4,
  originalMaxTokens: 12,
})
const families: Record<string, ModelConfig> = Object.fromEntries(
  Object.entries({
    llama: { ...tinyConfig, hasTiedHead: false },
    'llama, stretched evenly': { ...tinyConfig, rope: rope({ kind: 'linear', factor: 2.5 }) },
    'llama, stretched as Llama 3': { ...tinyConfig, rope: llama3 },
    'llama, with biases': { ...tinyConfig, linearsWithBias: linearNamesOf(tinyConfig) },
    ...tinyFamilies,
  }).map(([name, config]) => [name, { ...config, vocabulary }]),
)

const base: GgufBase = {
  info: { id: 'tiny', sha256: 'f'.repeat(64) },
  config: {},
  tokenizer: { 'tokenizer.json': tinyTokenizerJson() },
}

async function mergeOf(config: ModelConfig): Promise<Merge & { readonly weights: ReadonlyMap<string, Float32Array> }> {
  const weights = new Map<string, Float32Array>()
  await loadRandomModel(() => {}, config, 'float32', { onRead: (name, values) => weights.set(name, values) })
  const adapter = declareAdapter(config, { rank: 3, alpha: 7, usesRsLora: true, targets: linearNamesOf(config) })
  return { config, read: readFrom(weights), adapter, parameters: warmParameters(adapter), weights }
}

const readFrom = (weights: ReadonlyMap<string, Float32Array>) => (name: string) =>
  Promise.resolve(weights.get(name)?.slice() ?? new Float32Array())

async function written(merge: Merge, type: GgufType, from: GgufBase = base): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const piece of mergedGguf(merge, from, type).pieces()) parts.push(piece.slice())
  return concatBytes(parts)
}

const open = (bytes: Uint8Array) => openModelFiles([bytesSource(bytes, 'model.gguf')])

const tokens = [3, 1, 4, 1, 5, 9, 2, 6, 5]

test.each(Object.entries(families))('%s: the file says what the base says with its adapter', async (_, config) => {
  const merge = await mergeOf(config)
  const files = await open(await written(merge, 'F32'))
  const read = readModelConfig(files.config)
  // Epsilon and theta are float32 in the file, and a stretch by pairs comes back as its divisors.
  expect({ ...read, rope: null, normEpsilon: 0 }).toEqual({ ...config, rope: null, normEpsilon: 0 })
  expect(read.normEpsilon).toBe(Math.fround(config.normEpsilon))
  const expected = await modelLogits(config, tokens, { read: merge.read, adapted: merge })
  expect(relativeNormError(await modelLogits(read, tokens, { read: files.weights.float32 }), expected)).toBeLessThan(
    1e-5,
  )
  // And not what the base says alone.
  expect(relativeNormError(await modelLogits(config, tokens, { read: merge.read }), expected)).toBeGreaterThan(0.01)
})

test.each(['F16', 'Q8_0'] as const)('in %s matrices are rounded and everything else is not', async (type) => {
  for (const config of [families['llama'], families['gpt2']]) {
    const merge = await mergeOf(config ?? tinyConfig)
    const whole = await open(await written(merge, 'F32'))
    const files = await open(await written(merge, type))
    const stored = new Set<string>()
    for (const { name, shape } of storedWeights(merge.config)) {
      const exact = await whole.weights.float32(name)
      const read = await files.weights.float32(name)
      const blocks = await files.weights.blocks(name)
      const kind = shape.length < 2 || name.includes('wpe') ? 'F32' : blocks ? 'Q8_0' : 'F16'
      stored.add(kind)
      if (kind === 'F32') expect(read, name).toEqual(exact)
      if (kind === 'F16') expect(read, name).toEqual(halvesToFloats(floatsToHalves(exact)))
      if (!blocks) continue
      // Blocks lie along the inputs, which GPT-2's checkpoints have the other way round.
      const [outputs = 1, inputs = 1] = blocks.shape
      const matrix = shape.join() === blocks.shape.join() ? exact : transposed(exact, inputs, outputs)
      const expected = quantizeBlocks(matrix, outputs, inputs)
      expect(dequantizeBlocks(blocks), name).toEqual(dequantizeBlocks(expected))
    }
    // GPT-2's width of 30 is no whole block: such rows stay halves.
    expect([...stored].sort()).toEqual(
      type === 'F16' ? ['F16', 'F32'] : config === families['llama'] ? ['F32', 'Q8_0'] : ['F16', 'F32', 'Q8_0'],
    )
  }
})

test('what is read before a byte is written is the file that is written', async () => {
  const merge = await mergeOf(families['qwen3'] ?? tinyConfig)
  const file = await written(merge, 'Q8_0')
  const { source } = mergedGguf(merge, base, 'Q8_0')
  expect(source.sizeBytes).toBe(file.byteLength)
  const { tensors } = await readGgufHeader(source)
  expect(tensors).toEqual((await readGgufHeader(bytesSource(file, 'model.gguf'))).tensors)
  for (const { name, offset, sizeBytes } of tensors.values()) {
    expect(await source.read(offset, sizeBytes), name).toEqual(file.slice(offset, offset + sizeBytes))
  }
})

test('the context is what the base names, also where Plume computes less of it', async () => {
  const merge = await mergeOf(families['llama'] ?? tinyConfig)
  const { gguf } = await open(await written(merge, 'F16', { ...base, config: { max_position_embeddings: 131_072 } }))
  expect(gguf?.metadata.get('llama.context_length')).toBe(131_072)
  expect(gguf?.metadata.get('general.file_type')).toBe(1)
})

test('a base that was a GGUF file keeps its own words about its tokenizer', async () => {
  const merge = await mergeOf(families['llama'] ?? tinyConfig)
  const { gguf: first } = await open(await written(merge, 'F16'))
  const own = new Map([...(first?.metadata ?? [])].filter(([key]) => key.startsWith('tokenizer.')))
  own.set('tokenizer.ggml.pre', 'default').set('tokenizer.ggml.eot_token_id', 2)
  const kept = { ...base, tokenizer: { 'tokenizer.json': {} }, gguf: { metadata: own, tensors: new Map() } }
  const { gguf } = await open(await written(merge, 'F16', kept))
  expect(new Map([...(gguf?.metadata ?? [])].filter(([key]) => key.startsWith('tokenizer.')))).toEqual(own)
})

test.each([
  ['Qwen3 with biases', { ...tinyFamilies.qwen3, linearsWithBias: ['q_proj', 'k_proj', 'v_proj', 'o_proj'] as const }],
  ['Qwen2 stretched as Llama 3', { ...tinyFamilies.qwen2, rope: llama3 }],
])('%s is refused: llama.cpp would read another model', async (_, config) => {
  const merge = await mergeOf({ ...config, vocabulary })
  expect(() => mergedGguf(merge, base, 'F16')).toThrow(expect.objectContaining({ code: 'share/not-in-gguf' }))
})

test('a weight that half precision cannot hold is refused, and so is what is no number', async () => {
  const config = families['llama'] ?? tinyConfig
  const merge = await mergeOf(config)
  const filled = (value: number): Merge => ({
    ...merge,
    read: async (name, shape) => (await merge.read(name, shape)).fill(value),
    parameters: merge.parameters.map(() => 0),
  })
  await expect(written(filled(70_000), 'F16')).rejects.toMatchObject({ code: 'weights/not-finite' })
  await expect(written(filled(Number.NaN), 'Q8_0')).rejects.toMatchObject({ code: 'weights/not-finite' })
  await written(filled(70_000), 'Q8_0')
})

function transposed(values: Float32Array, rows: number, columns: number): Float32Array {
  return values.map((_, i) => values[(i % rows) * columns + Math.floor(i / rows)] ?? 0)
}
