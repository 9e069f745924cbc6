// A merged model against its definition: the base with its adapter gives the logits of the merged one.
import { expect, test } from 'vitest'
import { bytesSource } from '../../../src/formats/fileSource'
import { openModelFiles } from '../../../src/engine/modelFiles/modelFiles'
import { encodeUtf8 } from '../../../src/base/bytes'
import { readSafetensorsHeader, readTensor, toFloat32 } from '../../../src/formats/safetensors'
import { concatBytes } from '../../../src/base/bytes'
import type { MergedDType } from '../../../src/engine/mergedTypes'
import { mergedSafetensors, weightsFiles, type MergeSource } from '../../../src/engine/mergedModel'
import { linearNamesOf, type ModelConfig } from '../../../src/models/config'
import { declareAdapter, type LoraAdapter } from '../../../src/models/lora'
import { storedWeights, type ReadWeight } from '../../../src/models/weights'
import { relativeNormError } from '../../../src/base/relativeNormError'
import { modelLogits } from '../../helpers/modelLogits'
import { loadRandomModel, tinyConfig, tinyFamilies, warmParameters } from '../../helpers/tinyModel'

const families: Record<string, ModelConfig> = {
  llama: { ...tinyConfig, hasTiedHead: false },
  qwen2: tinyFamilies.qwen2,
  qwen3: tinyFamilies.qwen3,
  gpt2: tinyFamilies.gpt2,
}

/** The tensors that a random model is loaded from, by name. */
async function randomWeights(config: ModelConfig): Promise<Map<string, Float32Array>> {
  const weights = new Map<string, Float32Array>()
  await loadRandomModel(() => {}, config, 'float32', {
    onRead: (name, values) => weights.set(name, values),
  })
  return weights
}

const tokens = [3, 1, 4, 1, 5, 9, 2, 6, 5]

function logitsOf(config: ModelConfig, read: ReadWeight, adapter: LoraAdapter | null = null): Promise<Float32Array> {
  return modelLogits(config, tokens, { read, adapted: adapter && { adapter, parameters: warmParameters(adapter) } })
}

const from = (weights: ReadonlyMap<string, Float32Array>) => (name: string) =>
  Promise.resolve(weights.get(name)?.slice() ?? new Float32Array())

/** Of the one file that a small model is. */
function piecesOf(source: MergeSource): AsyncGenerator<Uint8Array> {
  const { files, index } = weightsFiles(source, Number.POSITIVE_INFINITY)
  expect([files.map(({ name }) => name), index]).toEqual([['model.safetensors'], null])
  return mergedSafetensors(source, files[0] ?? { entries: [] })
}

async function merge(config: ModelConfig, dtype: MergedDType) {
  const weights = await randomWeights(config)
  const adapter = declareAdapter(config, {
    rank: 3,
    alpha: 7,
    usesRsLora: true,
    targets: linearNamesOf(config),
  })
  const pieces: Uint8Array[] = []
  const source = { config, read: from(weights), adapter, parameters: warmParameters(adapter), dtype }
  for await (const piece of piecesOf(source)) pieces.push(piece.slice())
  const file = bytesSource(concatBytes(pieces), 'model.safetensors')
  const header = await readSafetensorsHeader(file)
  const read = async (name: string) => toFloat32(await readTensor(file, header, name))
  return { weights, adapter, header, read }
}

test.each(Object.entries(families))('%s: every weight is named as its checkpoint names it', async (_, config) => {
  const names = [...(await randomWeights(config)).keys()]
  expect(
    storedWeights(config)
      .map(({ name }) => name)
      .toSorted(),
  ).toEqual(names.toSorted())
})

test.each(Object.entries(families))(
  '%s: the merged model says what the base says with its adapter',
  async (_, config) => {
    const { weights, adapter, read } = await merge(config, 'float32')
    const expected = await logitsOf(config, from(weights), adapter)
    expect(relativeNormError(await logitsOf(config, read), expected)).toBeLessThan(1e-5)
    // And not what the base says alone.
    expect(relativeNormError(await logitsOf(config, from(weights)), expected)).toBeGreaterThan(0.01)
  },
)

// Each weight is rounded by at most 2^-11 or 2^-8 of itself. On the way to a logit thirteen such roundings follow each
// other (embedding, two layers of norm, q/k/v, o, gate/up and down, last norm, head), each to a side of its own.
const ROUNDINGS = Math.sqrt(13)
test.each([
  ['float16', 'F16', 2 ** -11],
  ['bfloat16', 'BF16', 2 ** -8],
] as const)('in %s the file is half as large and off by its rounding', async (dtype, stored, unit) => {
  const { weights, adapter, header, read } = await merge(tinyConfig, dtype)
  expect(new Set([...header.tensors.values()].map((entry) => entry.dtype))).toEqual(new Set([stored]))
  const error = relativeNormError(await logitsOf(tinyConfig, read), await logitsOf(tinyConfig, from(weights), adapter))
  expect(error).toBeGreaterThan(0)
  expect(error).toBeLessThan(ROUNDINGS * unit)
})

test('a weight that half precision cannot hold is refused, and so is what is no number', async () => {
  const config = tinyConfig
  const adapter = declareAdapter(config, { rank: 1, alpha: 1, usesRsLora: false, targets: ['q_proj'] })
  const attempt = async (value: number, dtype: MergedDType) => {
    const read = (_: string, shape: readonly number[]) =>
      Promise.resolve(new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(value))
    const parameters = new Float32Array(warmParameters(adapter).length)
    for await (const piece of piecesOf({ config, read, adapter, parameters, dtype })) void piece
  }
  await expect(attempt(70_000, 'float16')).rejects.toMatchObject({ code: 'weights/not-finite' })
  await expect(attempt(Number.NaN, 'float32')).rejects.toMatchObject({ code: 'weights/not-finite' })
  await attempt(70_000, 'bfloat16')
})

// Less than a large matrix has, exactly as much, and several.
test.each([9_000, 12_288, 40_000])('in shards of %i bytes it reads back the same', async (shardBytes) => {
  const whole = await merge(tinyConfig, 'float32')
  const { weights, adapter } = whole
  const dtype = 'float32' as const
  const source = { config: tinyConfig, read: from(weights), adapter, parameters: warmParameters(adapter), dtype }
  const { files, index } = weightsFiles(source, shardBytes)
  expect(files.length).toBeGreaterThan(1)
  const written = await Promise.all(
    files.map(async (file) => {
      const pieces: Uint8Array[] = []
      for await (const piece of mergedSafetensors(source, file)) pieces.push(piece.slice())
      const [head, ...tensors] = pieces
      const dataBytes = concatBytes(tensors).byteLength
      expect(dataBytes <= shardBytes || tensors.length === 1, `${file.name}: ${dataBytes} bytes`).toBe(true)
      return bytesSource(concatBytes([head ?? new Uint8Array(), ...tensors]), file.name)
    }),
  )
  expect(written[0]?.name).toMatch(/^model-00001-of-000\d\d\.safetensors$/)
  const json = (name: string, value: unknown) => bytesSource(encodeUtf8(JSON.stringify(value)), name)
  const { weights: read } = await openModelFiles([
    json('config.json', {}),
    json('tokenizer.json', {}),
    json('model.safetensors.index.json', index),
    ...written,
  ])
  for (const { name, shape } of storedWeights(tinyConfig)) {
    expect(read.shapeOf(name)).toEqual(shape)
    expect(await read.float32(name), name).toEqual(await whole.read(name))
  }
  const total = storedWeights(tinyConfig).reduce((sum, { shape }) => sum + 4 * shape.reduce((a, b) => a * b, 1), 0)
  expect(index).toMatchObject({ metadata: { total_size: total } })
})
