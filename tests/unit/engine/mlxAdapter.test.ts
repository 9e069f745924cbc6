// Adapters as mlx-lm has them: written by its rules, read back, and refused.
import { describe, expect, test } from 'vitest'
import { readAdapterArchive, writeAdapterArchive } from '../../../src/adapters/adapterArchive'
import { decodeUtf8, encodeUtf8 } from '../../../src/base/bytes'
import { fitAdapter } from '../../../src/engine/adapterOnHost'
import type { NamedFile } from '../../../src/engine/api'
import { isMlxAdapter, readMlxAdapter, writeMlxAdapter } from '../../../src/engine/mlxAdapter'
import { bytesSource } from '../../../src/formats/fileSource'
import { readSafetensorsHeader, readTensor, serializeSafetensors, toFloat32 } from '../../../src/formats/safetensors'
import { linearNamesOf, type ModelConfig } from '../../../src/models/config'
import { declareAdapter, sliceOf, type LoraSettings } from '../../../src/models/lora'
import { tinyConfig, tinyFamilies, warmParameters } from '../../helpers/tinyModel'

const info = { id: 'tiny', sha256: 'ab'.repeat(32) }
const plain: LoraSettings = { rank: 4, alpha: 8, usesRsLora: false, targets: linearNamesOf(tinyConfig) }

function written(config: ModelConfig, settings: LoraSettings) {
  const adapter = declareAdapter(config, settings)
  const parameters = warmParameters(adapter)
  const files = writeMlxAdapter({ config, info }, adapter, parameters) ?? []
  return { adapter, parameters, files }
}

const fileOf = (files: readonly NamedFile[], name: string) => {
  const found = files.find((file) => file.name === name)
  if (!found) throw new Error(name)
  return found
}

describe.each(Object.entries({ llama: tinyConfig, qwen2: tinyFamilies.qwen2, qwen3: tinyFamilies.qwen3 }))(
  '%s',
  (_, config) => {
    test('comes back with every value', async () => {
      const { parameters, files } = written(config, plain)
      const read = await readMlxAdapter(files)
      expect(fitAdapter(config, read).parameters).toEqual(parameters)
      expect([read.rank, read.alpha, read.baseModel]).toEqual([4, 8, 'tiny'])
    })
  },
)

test('y + scale (x a) b is the adapter’s own product, also with ranks and alphas of single modules', async () => {
  const settings: LoraSettings = {
    ...plain,
    usesRsLora: true,
    rankPattern: { 'layers.0.self_attn.q_proj': 2 },
    alphaPattern: { down_proj: 3 },
  }
  const { adapter, parameters, files } = written(tinyConfig, settings)
  const config = JSON.parse(decodeUtf8(fileOf(files, 'adapter_config.json').bytes)) as {
    lora_parameters: { rank: number; scale: number; keys: string[] }
  }
  const { rank, scale, keys } = config.lora_parameters
  expect(rank).toBe(4)
  expect(keys).toContain('self_attn.q_proj')
  const source = bytesSource(fileOf(files, 'adapters.safetensors').bytes, 'adapters.safetensors')
  const header = await readSafetensorsHeader(source)
  for (const { layer, linear, rank: ownRank, scale: ownScale, a, b } of adapter.pairs) {
    const part = linear === 'q_proj' ? 'self_attn' : linear === 'down_proj' ? 'mlp' : null
    if (part === null) continue
    const path = `model.layers.${layer}.${part}.${linear}`
    const theirA = toFloat32(await readTensor(source, header, `${path}.lora_a`))
    const theirB = toFloat32(await readTensor(source, header, `${path}.lora_b`))
    const [inputs = 1, outputs = 1] = [a.shape[1], b.shape[0]]
    const [ourA, ourB] = [sliceOf(parameters, a), sliceOf(parameters, b)]
    for (const [k, n] of [
      [0, 0],
      [inputs - 1, outputs - 1],
      [3, 5],
    ] as const) {
      let theirs = 0
      for (let r = 0; r < rank; r++) theirs += theirA[k * rank + r]! * theirB[r * outputs + n]!
      let ours = 0
      for (let r = 0; r < ownRank; r++) ours += ourA[r * inputs + k]! * ourB[n * ownRank + r]!
      expect(scale * theirs).toBeCloseTo(ownScale * ours, 6)
    }
  }
})

test('GPT-2 is not written: its modules have other names there', () => {
  const settings = { ...plain, targets: linearNamesOf(tinyFamilies.gpt2) }
  const adapter = declareAdapter(tinyFamilies.gpt2, settings)
  expect(writeMlxAdapter({ config: tinyFamilies.gpt2, info }, adapter, warmParameters(adapter))).toBeNull()
})

test('it travels in a zip and is told from PEFT’s, whose config has the same name', () => {
  const { files } = written(tinyConfig, plain)
  const unpacked = readAdapterArchive(writeAdapterArchive(files))
  expect(unpacked.map(({ name }) => name).toSorted()).toEqual(['adapter_config.json', 'adapters.safetensors'])
  expect(isMlxAdapter(unpacked)).toBe(true)
  expect(isMlxAdapter([{ name: 'adapter_model.safetensors', bytes: new Uint8Array() }])).toBe(false)
})

describe('refused', () => {
  const { files } = written(tinyConfig, plain)
  const config = JSON.parse(decodeUtf8(fileOf(files, 'adapter_config.json').bytes)) as Record<string, unknown>
  const withConfig = (change: Record<string, unknown>) => [
    fileOf(files, 'adapters.safetensors'),
    { name: 'adapter_config.json', bytes: encodeUtf8(JSON.stringify({ ...config, ...change })) },
  ]
  const withTensor = (name: string, shape: number[], value = 1) => [
    fileOf(files, 'adapter_config.json'),
    {
      name: 'adapters.safetensors',
      bytes: serializeSafetensors([
        {
          name,
          dtype: 'F32',
          shape,
          bytes: new Uint8Array(new Float32Array(shape[0]! * shape[1]!).fill(value).buffer),
        },
      ]),
    },
  ]
  const cases: Record<string, [string, NamedFile[]]> = {
    DoRA: ['adapter/unsupported', withConfig({ fine_tune_type: 'dora' })],
    'a config without a rank': ['adapter/config-invalid', withConfig({ lora_parameters: { scale: 20 } })],
    'a scale of zero': ['adapter/config-invalid', withConfig({ lora_parameters: { rank: 4, scale: 0 } })],
    'no config': ['adapter/files-missing', [fileOf(files, 'adapters.safetensors')]],
    'a whole weight': ['adapter/unsupported', withTensor('model.layers.0.self_attn.q_proj.weight', [4, 4])],
    'PEFT’s orientation': ['adapter/config-invalid', withTensor('model.layers.0.self_attn.q_proj.lora_a', [4, 32])],
    'half a pair': ['adapter/files-missing', withTensor('model.layers.0.self_attn.q_proj.lora_a', [32, 4])],
    'no number': ['adapter/not-finite', withTensor('model.layers.0.self_attn.q_proj.lora_a', [32, 4], Number.NaN)],
  }
  test.each(Object.entries(cases))('%s', async (_, [code, broken]) => {
    await expect(readMlxAdapter(broken)).rejects.toMatchObject({ code })
  })
})
