// Adapters as GGUF files: written, read back, and refused.
import { describe, expect, test } from 'vitest'
import { AppError } from '../../../src/base/errors'
import { fitAdapter } from '../../../src/engine/adapterOnHost'
import { readGgufAdapter, writeGgufAdapter } from '../../../src/engine/ggufAdapter'
import { bytesSource } from '../../../src/formats/fileSource'
import { readGgufHeader, readGgufTensor } from '../../../src/formats/gguf'
import { serializeGguf, type GgufPair } from '../../../src/formats/ggufWriter'
import { linearNamesOf, type ModelConfig } from '../../../src/models/config'
import { declareAdapter, sliceOf, type LoraSettings } from '../../../src/models/lora'
import { tinyConfig, tinyFamilies, warmParameters } from '../../helpers/tinyModel'

const info = { id: 'tiny', sha256: 'ab'.repeat(32) }

function written(config: ModelConfig, settings: LoraSettings) {
  const adapter = declareAdapter(config, settings)
  const parameters = warmParameters(adapter)
  const bytes = writeGgufAdapter({ config, info }, adapter, parameters)
  return { adapter, parameters, file: { name: 'plume-adapter.gguf', bytes } }
}

const settingsFor = (config: ModelConfig): LoraSettings => ({
  rank: 4,
  alpha: 8,
  usesRsLora: false,
  targets: linearNamesOf(config),
})

describe.each(Object.entries({ llama: tinyConfig, ...tinyFamilies }))('%s', (_, config) => {
  test('comes back with every value', async () => {
    const { parameters, file } = written(config, settingsFor(config))
    const peft = await readGgufAdapter(config, file)
    expect(fitAdapter(config, peft).parameters).toEqual(parameters)
    expect([peft.rank, peft.alpha, peft.baseModel]).toEqual([4, 8, 'tiny'])
  })

  test.each<[string, Partial<LoraSettings>]>([
    ['rsLoRA', { usesRsLora: true }],
    ['ranks and alphas of single modules', { rankPattern: { 'layers.0.x': 2 }, alphaPattern: {} }],
    ['a fractional alpha', { alpha: 3.5 }],
  ])('%s: the products are those of the adapter', async (__, change) => {
    const [first = ''] = linearNamesOf(config)
    const patterns = change.rankPattern ? { rankPattern: { [first]: 2 }, alphaPattern: { [first]: 5 } } : {}
    const { adapter, parameters, file } = written(config, { ...settingsFor(config), ...change, ...patterns })
    const peft = await readGgufAdapter(config, file)
    const read = fitAdapter(config, peft)
    adapter.pairs.forEach((pair, index) => {
      const other = read.adapter.pairs[index]
      if (!other) throw new Error('a pair is missing')
      expect(other.rank).toBe(pair.rank)
      const values = sliceOf(read.parameters, other.b)
      sliceOf(parameters, pair.b).forEach((value, i) => {
        const expected = value * pair.scale
        expect(Math.abs((values[i] ?? Number.NaN) * other.scale - expected)).toBeLessThanOrEqual(
          2 ** -22 * Math.abs(expected), // four roundings of 2^-24
        )
      })
    })
  })
})

test('the rows of queries and keys lie as llama.cpp has them, those of values as they are', async () => {
  const { adapter, parameters, file } = written(tinyConfig, settingsFor(tinyConfig))
  const source = bytesSource(file.bytes, file.name)
  const { tensors } = await readGgufHeader(source)
  const stored = async (name: string) => {
    const entry = tensors.get(name)
    if (!entry) throw new Error(name)
    return { entry, values: await readGgufTensor(source, entry) }
  }
  const ours = (linear: string) => {
    const found = adapter.pairs.find((pair) => pair.layer === 0 && pair.linear === linear)
    if (!found) throw new Error(linear)
    return sliceOf(parameters, found.b)
  }
  const value = await stored('blk.0.attn_v.weight.lora_b')
  expect(value.values).toEqual(ours('v_proj'))
  const query = await stored('blk.0.attn_q.weight.lora_b')
  // The second row of a head in the file is the first of the head's second half.
  const half = tinyConfig.headWidth / 2
  expect(query.values.subarray(4, 8)).toEqual(ours('q_proj').subarray(4 * half, 4 * half + 4))
  expect(query.entry.shape).toEqual([tinyConfig.heads * tinyConfig.headWidth, 4])
})

describe('what is refused', () => {
  const string = (key: string, value: string): GgufPair => ({ key, kind: 'string', value })
  const right = [
    string('general.type', 'adapter'),
    string('adapter.type', 'lora'),
    string('general.architecture', 'llama'),
    { key: 'adapter.lora.alpha', kind: 'float32', value: 8 },
  ] as const satisfies readonly GgufPair[]
  const ones = (name: string, shape: number[]) => ({
    name,
    shape,
    data: new Float32Array(shape.reduce((product, one) => product * one, 1)).fill(1),
  })
  const a = ones('blk.0.attn_v.weight.lora_a', [2, 32])
  const outcome = async (pairs: readonly GgufPair[], tensors: readonly ReturnType<typeof ones>[]) => {
    try {
      const peft = await readGgufAdapter(tinyConfig, { name: 'x.gguf', bytes: serializeGguf(pairs, tensors) })
      fitAdapter(tinyConfig, peft)
      return 'read'
    } catch (thrown) {
      if (thrown instanceof AppError) return thrown.code
      throw thrown
    }
  }
  test.each<[string, readonly GgufPair[], readonly ReturnType<typeof ones>[], string]>([
    ['a model', [string('general.type', 'model')], [a], 'adapter/unsupported'],
    [
      'another architecture',
      [...right.slice(0, 2), string('general.architecture', 'qwen2'), right[3]],
      [a],
      'adapter/wrong-base',
    ],
    ['no alpha', right.slice(0, 3), [a], 'adapter/config-invalid'],
    ['half a pair', right, [a], 'adapter/files-missing'],
    ['a norm', right, [ones('blk.0.attn_norm.weight', [32])], 'adapter/unsupported'],
    ['a layer that is not there', right, [ones('blk.99.attn_v.weight.lora_a', [2, 32])], 'adapter/wrong-base'],
    ['no tensors', right, [], 'adapter/files-missing'],
    ['an adapted embedding', right, [ones('token_embd.weight.lora_a', [2, 32])], 'adapter/unsupported'],
  ])('%s', async (_, pairs, tensors, code) => expect(await outcome(pairs, tensors)).toBe(code))

  test('a value that is not finite', async () => {
    const b = ones('blk.0.attn_v.weight.lora_b', [32, 2])
    b.data[3] = Number.NaN
    expect(await outcome(right, [a, b])).toBe('adapter/not-finite')
  })
})
