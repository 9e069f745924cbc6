// The current adapter as the files and the link that leave the page.
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { readAdapterArchive } from '../../../src/adapters/adapterArchive'
import { writeAdapterLink } from '../../../src/adapters/adapterLink'
import { readPeftAdapter } from '../../../src/adapters/peft'
import { decodeUtf8, encodeUtf8, readUint64 } from '../../../src/base/bytes'
import { floatsToHalves, halvesToFloats } from '../../../src/base/float16'
import { readCard } from '../../../src/base/frontMatter'
import { fitAdapter, type HostAdapter } from '../../../src/engine/adapterOnHost'
import { describeCard, linkAdapter, packAdapter, readLinkedAdapter } from '../../../src/engine/adapterPackage'
import type { ModelInfo, PackageRequest } from '../../../src/engine/api'
import { presets } from '../../../src/engine/presets'
import { carriedMetadata, provenanceMetadata } from '../../../src/engine/provenance'
import { linearNamesOf } from '../../../src/models/config'
import { declareAdapter, sliceOf } from '../../../src/models/lora'
import { toFileOrder } from '../../../src/models/trained'
import { tinyConfig, tinyFamilies, warmParameters } from '../../helpers/tinyModel'

const modelInfo = { id: 'owner/tiny', name: 'Tiny', sha256: 'ab'.repeat(32) } as ModelInfo
const model = { config: tinyConfig, info: modelInfo }
const settings = { rank: 4, alpha: 8, usesRsLora: false, targets: linearNamesOf(tinyConfig) }
const declared = declareAdapter(tinyConfig, settings)
const parameters = warmParameters(declared)
const trained: HostAdapter = {
  settings,
  parameters,
  info: {
    ...settings,
    parameters: parameters.length,
    baseModel: 'owner/tiny',
    baseSha256: 'ab'.repeat(32),
    matchesBaseHash: true,
    hasEffect: true,
    movement: [],
    notes: [],
  },
  provenance: {
    settings: { ...presets.quick, seed: 77 },
    result: {
      end: 'finished',
      steps: 20,
      bestStep: 20,
      baseValidationLoss: 4,
      bestValidationLoss: 3.5,
      lastValidationLoss: 3.5,
      elapsedMs: 1000,
      adapterSha256: 'cd'.repeat(32),
    },
    corpusName: 'notes.txt',
    data: { sequences: 120, trainedTokens: 7500, heldOutSequences: 12 },
  },
}
const request: PackageRequest = { dtype: 'float32', card: null, curves: null, baseRevision: null }
const withParameters = (change: (values: Float32Array) => void): HostAdapter => {
  const values = parameters.slice()
  change(values)
  return { ...trained, parameters: values }
}

describe('the folder', () => {
  test('holds the card, the config and the numbers, and a picture where there is one', async () => {
    const curves = Uint8Array.of(0x89, 0x50, 0x4e, 0x47)
    const packed = await packAdapter(model, trained, { ...request, curves })
    const names = ['README.md', 'adapter_config.json', 'adapter_model.safetensors', 'curves.png']
    expect(packed.files.map(({ name }) => name)).toEqual(names)
    expect(decodeUtf8(packed.files[0]?.bytes ?? curves)).toContain('](curves.png)')
    const unpacked = readAdapterArchive(packed.zip)
    expect(fitAdapter(tinyConfig, await readPeftAdapter(unpacked)).parameters).toEqual(parameters)
    expect(packed.rounding).toBe(0)
  })

  test('holds the card that was written, to the letter', async () => {
    const card = '---\nlibrary_name: peft\n---\n\n# 내 어댑터\n'
    const { files } = await packAdapter(model, trained, { ...request, card })
    expect(decodeUtf8(files[0]?.bytes ?? new Uint8Array())).toBe(card)
  })

  test('in float16 takes half, is read back, and says what rounding did', async () => {
    const whole = await packAdapter(model, trained, request)
    const half = await packAdapter(model, trained, { ...request, dtype: 'float16' })
    const dataBytes = (files: typeof half.files) => {
      const bytes = files.find(({ name }) => name.endsWith('.safetensors'))?.bytes ?? new Uint8Array(8)
      return bytes.byteLength - 8 - readUint64(bytes, 0)
    }
    expect([dataBytes(whole.files), dataBytes(half.files)]).toEqual([parameters.length * 4, parameters.length * 2])
    // Half a unit of eleven bits, as a norm at most; not nothing.
    expect(half.rounding).toBeLessThan(2 ** -11)
    expect(half.rounding).toBeGreaterThan(0)
  })

  test('in float16 is refused for a value that it cannot hold, and for an adapter that it rounds to nothing', async () => {
    const large = withParameters((values) => values.fill(65_505, 3, 4))
    await expect(packAdapter(model, large, { ...request, dtype: 'float16' })).rejects.toMatchObject({
      code: 'adapter/beyond-half',
    })
    expect((await packAdapter(model, large, request)).files).toHaveLength(3)
    const small = withParameters((values) => {
      for (const { b } of declared.pairs) sliceOf(values, b).fill(1e-8)
    })
    await expect(packAdapter(model, small, { ...request, dtype: 'float16' })).rejects.toMatchObject({
      code: 'adapter/no-effect',
    })
  })
})

describe('the one file', () => {
  test('opens without a config beside it, and says where it comes from', async () => {
    const { single } = await packAdapter(model, trained, { ...request, baseRevision: 'c'.repeat(40) })
    const read = await readPeftAdapter([single])
    expect(fitAdapter(tinyConfig, read).parameters).toEqual(parameters)
    expect(Object.fromEntries(read.metadata)).toMatchObject({
      base_model: 'owner/tiny',
      base_revision: 'c'.repeat(40),
      base_sha256: 'ab'.repeat(32),
      corpus: 'notes.txt',
      format: 'pt',
      made_with: 'Plume',
      seed: '77',
    })
    expect(JSON.parse(read.metadata.get('adapter_config') ?? '')).toMatchObject({ peft_type: 'LORA', r: 4 })
    expect(JSON.parse(read.metadata.get('train_config') ?? '')).toMatchObject({ seed: 77 })
  })

  test('without a config in its header is only half of a folder', async () => {
    const { files } = await packAdapter(model, trained, request)
    const weights = files.filter(({ name }) => name.endsWith('.safetensors'))
    await expect(readPeftAdapter(weights)).rejects.toMatchObject({ code: 'adapter/files-missing' })
  })
})

describe('provenance', () => {
  test('of an opened adapter goes on, but never the hash of a base that it only fits', () => {
    const metadata = new Map([
      ['seed', '77'],
      ['corpus', 'x'.repeat(5000)],
      ['base_sha256', 'ee'.repeat(32)],
      ['whatever', 'else'],
    ])
    const carried = carriedMetadata(metadata)
    expect(carried).toEqual({ seed: '77' })
    const opened = { info: { matchesBaseHash: false, baseSha256: null }, provenance: null, carried }
    expect(provenanceMetadata(modelInfo, opened, 'c'.repeat(40))).toEqual({
      seed: '77',
      made_with: 'Plume',
      base_model: 'owner/tiny',
    })
  })
})

test('the card that is made is one that the check takes, and names the adapter by its parameters', async () => {
  const made = await describeCard(model, trained, { hasCurves: true })
  const expected = createHash('sha256').update(toFileOrder(declared, parameters)).digest('hex')
  expect(made).toMatchObject({ adapterSha256: expected, isTrainedHere: true })
  const read = readCard(made.text)
  expect('fields' in read && Object.fromEntries(read.fields)).toMatchObject({
    base_model: 'owner/tiny',
    tags: ['base_model:adapter:owner/tiny', 'lora'],
  })
  expect(made.text).toContain('| Tokens in them that the loss is of | 7,500 |')
})

test.each(Object.entries({ llama: tinyConfig, ...tinyFamilies }))(
  'an adapter of %s comes back from one file and from a link',
  async (_, config) => {
    const own = { ...settings, targets: linearNamesOf(config) }
    const values = warmParameters(declareAdapter(config, own))
    const adapter = { ...trained, settings: own, parameters: values }
    const other = { config, info: modelInfo }
    const { single } = await packAdapter(other, adapter, request)
    expect(fitAdapter(config, await readPeftAdapter([single])).parameters).toEqual(values)
    const { text } = await linkAdapter(other, adapter, null)
    const linked = await readLinkedAdapter(text ?? '')
    const { parameters: read, settings: fitted } = fitAdapter(config, await readPeftAdapter([linked.file]))
    expect(read).toEqual(halvesToFloats(floatsToHalves(values)))
    expect(fitted).toMatchObject(own)
  },
)

describe('the link', () => {
  test('holds the adapter in float16, and says what it is before it is opened', async () => {
    const { text, bytes } = await linkAdapter(model, trained, null)
    const linked = await readLinkedAdapter(text ?? '')
    expect(linked).toMatchObject({
      rank: 4,
      alpha: 8,
      baseModel: 'owner/tiny',
      baseSha256: 'ab'.repeat(32),
      parameters: parameters.length,
      bytes,
    })
    expect(linked.targets).toEqual([...linearNamesOf(tinyConfig)].sort())
    const { parameters: read } = fitAdapter(tinyConfig, await readPeftAdapter([linked.file]))
    // Eleven bits, or a step of the smallest halves.
    read.forEach((value, index) => {
      const expected = parameters[index] ?? Number.NaN
      expect(Math.abs(value - expected)).toBeLessThanOrEqual(Math.max(Math.abs(expected) * 2 ** -11, 2 ** -25))
    })
  })

  test('with a right hash over something else is refused as damaged', async () => {
    const { text } = await writeAdapterLink(encodeUtf8('no adapter at all'))
    await expect(readLinkedAdapter(text ?? '')).rejects.toMatchObject({ code: 'link/damaged' })
  })
})
