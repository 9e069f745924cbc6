import { zipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { type NamedFile, readAdapterArchive, writeAdapterArchive } from '../../../src/adapters/adapterArchive'
import { peftFiles, readPeftAdapter } from '../../../src/adapters/peft'
import { concatBytes, encodeUtf8 } from '../../../src/base/bytes'
import { AppError, type ErrorCode } from '../../../src/base/errors'
import { float32Tensor, type NamedTensor } from '../../../src/formats/safetensors'
import { configOf, tinyAdapter, withConfig, withConfigText, withTensors } from './tinyAdapter'

const folder = peftFiles(tinyAdapter)
const [config, weights] = folder as [NamedFile, NamedFile]

async function outcome(files: readonly NamedFile[]): Promise<ErrorCode | string[]> {
  try {
    return (await readPeftAdapter(files)).notes
  } catch (thrown) {
    if (thrown instanceof AppError) return thrown.code
    throw thrown
  }
}

describe('writing', () => {
  test('the config is the smallest that every loader takes, its keys sorted', () => {
    expect(new TextDecoder().decode(config.bytes)).toBe(`{
  "base_model_name_or_path": "plume-stories",
  "bias": "none",
  "fan_in_fan_out": false,
  "inference_mode": true,
  "init_lora_weights": true,
  "lora_alpha": 4,
  "lora_dropout": 0,
  "modules_to_save": null,
  "peft_type": "LORA",
  "r": 2,
  "target_modules": [
    "down_proj",
    "q_proj"
  ],
  "task_type": "CAUSAL_LM"
}
`)
  })

  test('use_rslora is written only when it is used', () => {
    expect(configOf(folder)).not.toHaveProperty('use_rslora')
    expect(configOf(peftFiles({ ...tinyAdapter, useRsLora: true }))['use_rslora']).toBe(true)
  })

  test('alpha must be a whole number', () => {
    expect(() => peftFiles({ ...tinyAdapter, alpha: 4.5 })).toThrow(
      expect.objectContaining({ code: 'run/settings-invalid' }),
    )
  })

  test.each([Number.NaN, Number.POSITIVE_INFINITY])('%d is never written', (value) => {
    const tensors = [{ name: 'model.x.lora_A', shape: [1], data: Float32Array.of(value) }]
    expect(() => peftFiles({ ...tinyAdapter, tensors })).toThrow(
      expect.objectContaining({ code: 'adapter/not-finite' }),
    )
  })

  test('what is written is read back bit by bit', async () => {
    const read = await readPeftAdapter(peftFiles({ ...tinyAdapter, useRsLora: true }))
    expect(read).toMatchObject({ rank: 2, alpha: 4, useRsLora: true, baseModel: 'plume-stories', notes: [] })
    expect(read.modules).toHaveLength(tinyAdapter.tensors.length / 2)
    expect(read.metadata.get('base_sha256')).toBe('ab')
    expect(new Map(read.tensors)).toEqual(new Map(tinyAdapter.tensors.map(({ name, ...tensor }) => [name, tensor])))
  })
})

const renamed = (change: (name: string) => string) =>
  withTensors((tensors) => tensors.map((tensor) => ({ ...tensor, name: change(tensor.name) })))
const firstReplaced = (change: Partial<NamedTensor>) =>
  withTensors(([first, ...rest]) => (first ? [{ ...first, ...change }, ...rest] : []))
const pickle = Uint8Array.of(0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20)

// The numbers are those of the list of malformed files the project keeps for each format.
const cases: [name: string, files: readonly NamedFile[], expected: ErrorCode | string[]][] = [
  ['D01 no files', [], 'adapter/files-missing'],
  ['D01 only the config', [config], 'adapter/files-missing'],
  ['D01 only the weights', [weights], 'adapter/files-missing'],
  ['D02 an empty config', withConfigText(''), 'adapter/config-invalid'],
  ['D03 a config that is a list', withConfigText('[]'), 'adapter/config-invalid'],
  ['D04 a config of 300 KiB', withConfig({ padding: 'x'.repeat(300 * 1024) }), 'adapter/config-invalid'],
  ['D05 no peft_type', withConfig({ peft_type: undefined }), 'adapter/config-invalid'],
  ['D05 IA3', withConfig({ peft_type: 'IA3' }), 'adapter/unsupported'],
  ...[undefined, 0, -1, 1.5, '8', 1e9, null].map((r): (typeof cases)[number] => [
    `D06 r ${String(r)}`,
    withConfig({ r }),
    'adapter/config-invalid',
  ]),
  ['D06 r NaN', withConfigText('{"peft_type":"LORA","r":NaN}'), 'adapter/config-invalid'],
  ...[undefined, 0, -4, 1e308].map((lora_alpha): (typeof cases)[number] => [
    `D07 lora_alpha ${String(lora_alpha)}`,
    withConfig({ lora_alpha }),
    'adapter/config-invalid',
  ]),
  ['D07 a fractional alpha is read', withConfig({ lora_alpha: 2.5 }), []],
  ['D08 dropout below 0', withConfig({ lora_dropout: -0.1 }), 'adapter/config-invalid'],
  ['D08 dropout over 1', withConfig({ lora_dropout: 1.1 }), 'adapter/config-invalid'],
  ['D09 no targets', withConfig({ target_modules: undefined }), 'adapter/config-invalid'],
  ['D09 an empty list of targets', withConfig({ target_modules: [] }), 'adapter/config-invalid'],
  [
    'D09 2,000 targets',
    withConfig({ target_modules: Array.from({ length: 2000 }, () => 'q') }),
    'adapter/config-invalid',
  ],
  [
    'D10 a target that is a regular expression is not run: the weights say',
    withConfig({ target_modules: '(a+)+$' }),
    ['unknown-key:target_modules'],
  ],
  ['D10 an expression of 5,000 characters', withConfig({ target_modules: '.'.repeat(5000) }), 'adapter/config-invalid'],
  [
    'D11 a target that names nothing',
    withConfig({ target_modules: ['q_proj', 'down_proj', 'x'] }),
    ['unused-target:x'],
  ],
  ['D11 weights that are no target', withConfig({ target_modules: ['q_proj'] }), 'adapter/config-invalid'],
  ['D12 rank_pattern', withConfig({ rank_pattern: { '(a+)+$': 4 } }), 'adapter/unsupported'],
  ['D12 a rank that the weights do not have', withConfig({ rank_pattern: { q_proj: 3 } }), 'adapter/config-invalid'],
  [
    'D12 a rank and an alpha for one module',
    withConfig({ rank_pattern: { q_proj: 2 }, alpha_pattern: { '^q_proj': 9 } }),
    [],
  ],
  ['D12 an alpha of 0', withConfig({ alpha_pattern: { q_proj: 0 } }), 'adapter/config-invalid'],
  ['D12 empty patterns', withConfig({ rank_pattern: {}, alpha_pattern: {} }), []],
  ['D13 layers_to_transform of a layer far away', withConfig({ layers_to_transform: [1e9] }), 'adapter/config-invalid'],
  ['D13 layers_to_transform of a layer below 0', withConfig({ layers_to_transform: -1 }), 'adapter/config-invalid'],
  ['D13 layers_to_transform', withConfig({ layers_to_transform: [0, 1], layers_pattern: 'layers' }), []],
  ['exceptions from the targets', withConfig({ exclude_modules: ['k_proj'] }), []],
  ['D14 modules_to_save', withConfig({ modules_to_save: ['lm_head'] }), 'adapter/unsupported'],
  ['D15 bias all', withConfig({ bias: 'all' }), 'adapter/unsupported'],
  ['D16 DoRA', withConfig({ use_dora: true }), 'adapter/unsupported'],
  ['D16 use_rslora of another type', withConfig({ use_rslora: 'yes' }), 'adapter/config-invalid'],
  ['D16 an empty loftq_config', withConfig({ loftq_config: {} }), []],
  ['D17 PiSSA', withConfig({ init_lora_weights: 'pissa_niter_16' }), 'adapter/unsupported'],
  ['D17 gaussian', withConfig({ init_lora_weights: 'gaussian' }), []],
  [
    'D18 auto_mapping is not followed',
    withConfig({ auto_mapping: { parent_library: 'os' } }),
    ['unknown-key:auto_mapping'],
  ],
  ['D19 megatron_core is not followed', withConfig({ megatron_core: 'evil' }), []],
  [
    'D20 tokenizer_kwargs',
    withConfig({ tokenizer_kwargs: { trust_remote_code: true } }),
    ['unknown-key:tokenizer_kwargs'],
  ],
  ['D21 no base model', withConfig({ base_model_name_or_path: null }), []],
  ['D21 a base model that is a path', withConfig({ base_model_name_or_path: '../../<img>' }), []],
  [
    'D21 a base model of 1,000 characters',
    withConfig({ base_model_name_or_path: 'x'.repeat(1000) }),
    'adapter/config-invalid',
  ],
  ['D22 a revision that is a script', withConfig({ revision: 'javascript:alert(1)' }), []],
  ['D23 a key of the future', withConfig({ velora_config: { x: 1 }, other: false }), ['unknown-key:velora_config']],
  [
    'D24 the key __proto__',
    withConfigText(`{"__proto__":{"r":1},${new TextDecoder().decode(config.bytes).slice(1)}`),
    ['unknown-key:__proto__'],
  ],
  [
    'a key twice',
    withConfigText(`{"r":1,${new TextDecoder().decode(config.bytes).slice(1)}`),
    'adapter/config-invalid',
  ],
  ['D25 A without B', withTensors((tensors) => tensors.slice(0, -1)), 'adapter/files-missing'],
  ['no tensors', withTensors(() => []), 'adapter/files-missing'],
  ['D26 an A of another rank', firstReplaced({ shape: [1, 6] }), 'adapter/config-invalid'],
  ['D26 an A of three dimensions', firstReplaced({ shape: [2, 3, 1] }), 'adapter/config-invalid'],
  ['D29 names without the prefix', renamed((name) => name.replace('base_model.model.', '')), []],
  ['D29 names with the adapter name', renamed((name) => name.replace('.weight', '.default.weight')), []],
  ['D29 names with an adapter name of one’s own', renamed((name) => name.replace('.weight', '.my-1.weight')), []],
  [
    'D29 two adapters in one file',
    renamed((name) => name.replace('.weight', name.includes('q_proj') ? '.a.weight' : '.b.weight')),
    'adapter/unsupported',
  ],
  ['D29 the prefix twice', renamed((name) => `base_model.model.${name}`), []],
  ['D29 names of a compiled model', renamed((name) => name.replace('model.layers', '_orig_mod.model.layers')), []],
  [
    'D29 the same tensor with and without the prefix',
    withTensors((tensors) => [
      ...tensors,
      float32Tensor('model.layers.0.self_attn.q_proj.lora_A.weight', [2, 3], new Float32Array(6)),
    ]),
    'safetensors/duplicate-name',
  ],
  ['D30 transposed', firstReplaced({ shape: [3, 2] }), 'adapter/config-invalid'],
  ['D30 the names of MLX', renamed((name) => name.replace('lora_A.weight', 'lora_a')), 'adapter/unsupported'],
  ['D31 F64', firstReplaced({ dtype: 'F64', bytes: new Uint8Array(48) }), 'safetensors/unsupported-dtype'],
  ['D31 BF16 beside F32', firstReplaced({ dtype: 'BF16', bytes: new Uint8Array(12) }), []],
  [
    'D32 NaN',
    firstReplaced(float32Tensor('base_model.model.a.q_proj.lora_A.weight', [1], Float32Array.of(Number.NaN))),
    'adapter/not-finite',
  ],
  [
    'D33 infinity in F16',
    firstReplaced({ dtype: 'F16', bytes: new Uint8Array(Uint16Array.of(0x7c00, 0, 0, 0, 0, 0).buffer) }),
    'adapter/not-finite',
  ],
  ['D33 3e38', firstReplaced({ bytes: new Uint8Array(new Float32Array(6).fill(3e38).buffer) }), []],
  [
    'D34 every B zero',
    withTensors((tensors) => tensors.map((t) => (t.name.includes('lora_B') ? { ...t, bytes: new Uint8Array(32) } : t))),
    ['no-effect'],
  ],
  ['D35 another rank in the config', withConfig({ r: 8 }), 'adapter/config-invalid'],
  ['D36 a pickle', [config, { name: 'adapter_model.bin', bytes: pickle }], 'file/pickle'],
  ['D36 a pickle called safetensors', [config, { name: weights.name, bytes: pickle }], 'file/pickle'],
  ['D36 a GGUF adapter', [{ name: 'a.gguf', bytes: encodeUtf8('GGUF\x03\0\0\0\0\0\0\0') }], 'file/not-readable'],
  ['DoRA magnitudes', renamed((name) => name.replace('lora_A.weight', 'lora_magnitude_vector')), 'adapter/unsupported'],
  ['files in a folder', folder.map(({ name, bytes }) => ({ name: `mine/${name}`, bytes })), []],
]

describe('reading', () => {
  test.each(cases)('%s', async (_name, files, expected) => {
    expect(await outcome(files)).toEqual(expected)
  })
})

describe('archives', () => {
  const zip = writeAdapterArchive(folder)

  test('come back as they went in, and equal files give equal bytes', async () => {
    expect(readAdapterArchive(zip)).toEqual(folder)
    expect(writeAdapterArchive(folder)).toEqual(zip)
    expect(await outcome([{ name: 'adapter.zip', bytes: zip }])).toEqual([])
  })

  const zipped = (entries: Record<string, Uint8Array>): NamedFile[] => [{ name: 'a.zip', bytes: zipSync(entries) }]
  /** 10 MB of zeros whose directory says another size. */
  const claiming = (sizeBytes: number): NamedFile[] => {
    const [{ name, bytes } = weights] = zipped({ 'adapter_config.json': new Uint8Array(10_000_000) })
    const view = new DataView(bytes.buffer, bytes.byteOffset)
    for (let at = 0; at + 28 < bytes.length; at++) {
      if (view.getUint32(at, true) === 0x02014b50) view.setUint32(at + 24, sizeBytes, true)
    }
    return [{ name, bytes }]
  }
  const zipCases: [string, () => NamedFile[], ErrorCode | string[]][] = [
    [
      'a folder in it',
      () => zipped({ 'a/adapter_config.json': config.bytes, 'a/adapter_model.safetensors': weights.bytes }),
      [],
    ],
    [
      'other files in it',
      () => zipped({ ...Object.fromEntries(folder.map((f) => [f.name, f.bytes])), '../../x.js': pickle }),
      [],
    ],
    [
      'two adapters',
      () => zipped({ 'a/adapter_config.json': config.bytes, 'b/adapter_config.json': config.bytes }),
      'file/not-readable',
    ],
    ['no adapter', () => zipped({ 'x.txt': pickle }), 'adapter/files-missing'],
    [
      'a pickle in it',
      () => zipped({ 'adapter_config.json': config.bytes, 'adapter_model.bin': pickle }),
      'file/pickle',
    ],
    [
      '1,001 entries',
      () => zipped(Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`${i}`, new Uint8Array()]))),
      'file/not-readable',
    ],
    ['a claim of 300 MiB', () => claiming(300 * 1024 * 1024), 'file/not-readable'],
    ['cut short', () => [{ name: 'a.zip', bytes: zip.subarray(0, zip.length - 30) }], 'file/not-readable'],
  ]

  test.each(zipCases)('%s', async (_name, files, expected) => {
    expect(await outcome(files())).toEqual(expected)
  })

  test('a size that lies is cut at what it says', () => {
    expect(readAdapterArchive(claiming(16)[0]?.bytes ?? new Uint8Array())[0]?.bytes.byteLength).toBe(16)
  })

  test('no damage makes anything but an AppError', async () => {
    for (let seed = 0; seed < 400; seed++) {
      const damaged = zip.slice()
      for (let i = 0; i < 4; i++) damaged[(seed * 7919 + i * 104_729) % damaged.length] = (seed * 31 + i * 17) & 255
      const bytes = concatBytes([zip.subarray(0, 4), damaged.subarray(4)])
      await expect(outcome([{ name: 'a.zip', bytes }])).resolves.toBeDefined()
    }
  })
})
