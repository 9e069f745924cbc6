// A merged model against its definition: the base with its adapter gives the logits of the merged one.
import { expect, test } from 'vitest'
import { bytesSource } from '../../../src/formats/fileSource'
import { readSafetensorsHeader, readTensor, toFloat32 } from '../../../src/formats/safetensors'
import { concatBytes } from '../../../src/base/bytes'
import type { MergedDType } from '../../../src/engine/mergedTypes'
import { mergedSafetensors } from '../../../src/engine/mergedModel'
import { linearNamesOf, type ModelConfig } from '../../../src/models/config'
import { declareAdapter, type LoraAdapter } from '../../../src/models/lora'
import { declareModel } from '../../../src/models/model'
import { loadWeights, storedWeights, type ReadWeight } from '../../../src/models/weights'
import { relativeNormError } from '../../../src/base/relativeNormError'
import { ReferenceExecutor } from '../../../src/reference/executor'
import { recordProbe } from '../../../src/training/probe'
import { loadRandomModel, tinyConfig, tinyFamilies, warmParameters, writeRandomBatch } from '../../helpers/tinyModel'

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

async function logitsOf(
  config: ModelConfig,
  read: ReadWeight,
  adapter: LoraAdapter | null = null,
): Promise<Float32Array> {
  const executor = new ReferenceExecutor()
  const model = declareModel(config, 'float32')
  await loadWeights(model, read, (tensor, data) => executor.write(tensor, data))
  if (adapter) executor.write(adapter.parameters, warmParameters(adapter))
  const { plan, batch, logits } = recordProbe(model, adapter, { sequenceLength: 9, sequences: [] })
  writeRandomBatch((tensor, data) => executor.write(tensor, data), batch, config.vocabulary)
  executor.run(plan)
  return new Float32Array(await executor.read(logits))
}

const from = (weights: ReadonlyMap<string, Float32Array>) => (name: string) =>
  Promise.resolve(weights.get(name)?.slice() ?? new Float32Array())

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
  for await (const piece of mergedSafetensors(source)) pieces.push(piece.slice())
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
    for await (const piece of mergedSafetensors({ config, read, adapter, parameters, dtype })) void piece
  }
  await expect(attempt(70_000, 'float16')).rejects.toMatchObject({ code: 'weights/not-finite' })
  await expect(attempt(Number.NaN, 'float32')).rejects.toMatchObject({ code: 'weights/not-finite' })
  await attempt(70_000, 'bfloat16')
})
