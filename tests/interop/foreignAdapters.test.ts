// What strangers' adapters become here: each opens with the logits of its definition (the base with scale B A added to
// its weights), or is refused with the reason that is true. docs/interop.md tells it in a table.
import { zipSync } from 'fflate'
import { beforeAll, describe, expect, test } from 'vitest'
import { AppError } from '../../src/base/errors'
import { relativeNormError } from '../../src/base/relativeNormError'
import { readHostAdapter, type AdaptedModel, type HostAdapter } from '../../src/engine/adapterOnHost'
import { float32Tensor } from '../../src/formats/safetensors'
import { linearNamesOf, linearPath, readModelConfig, type ModelConfig } from '../../src/models/config'
import { declareAdapter } from '../../src/models/lora'
import { loadGolden } from '../helpers/golden'
import { readGoldenFile } from '../helpers/goldenFiles'
import { tinyBench, tinyLogits, withDeltas, type Delta, type TinyBench } from '../helpers/tinyLogits'
import {
  allLinears,
  configFile,
  folder,
  ggufFile,
  halved,
  mlxFolder,
  pairs,
  peftName,
  peftVersions,
  pickles,
  qv,
  tensorsOf,
  UNSLOTH_PATTERN,
  weightsFile,
  type ForeignFile,
} from './foreignAdapters'

let model: AdaptedModel
let weights: ReadonlyMap<string, Float32Array>
let base: TinyBench
let baseLogits: Float32Array

beforeAll(async () => {
  const golden = await loadGolden('llama-tied', readGoldenFile)
  const config: ModelConfig = readModelConfig(golden.config)
  weights = golden.weights
  const paths = linearNamesOf(config).flatMap((name) => [0, 1].map((layer) => linearPath(config, layer, name)))
  const info = { id: 'tiny-llama', sha256: 'ab'.repeat(32) } as AdaptedModel['info']
  model = { config, info, linearNorms: () => Promise.resolve(new Map(paths.map((path) => [path, 1]))) }
  base = await tinyBench(config, withDeltas(weights, []))
  baseLogits = await tinyLogits(base, null)
})

const plain = pairs()
const everywhere = pairs({ linears: allLinears })
const suffixes = allLinears.map((name) => name.split('.').at(-1))
const [queryPath, valuePath] = ['model.layers.0.self_attn.q_proj', 'model.layers.1.self_attn.v_proj']
const bf16 = halved(plain, 'BF16')
const f16 = halved(everywhere, 'F16')
const named = (name: string) => tensorsOf(plain, (path, part) => `base_model.model.${path}.lora_${part}.${name}.weight`)
const prefixed = (prefix: string) => tensorsOf(plain, (path, part) => `${prefix}${path}.lora_${part}.weight`)

interface Opened {
  readonly files: readonly ForeignFile[]
  readonly deltas: readonly Delta[]
  readonly notes?: readonly string[]
  readonly baseModel?: string
}

const opened: Record<string, Opened> = {
  ...Object.fromEntries(
    Object.entries(peftVersions).map(([version, config]) => [
      `PEFT ${version}`,
      { files: [configFile(config), weightsFile(tensorsOf(plain))], deltas: plain },
    ]),
  ),
  'every linear': { files: folder({ target_modules: suffixes }, tensorsOf(everywhere)), deltas: everywhere },
  'all-linear': { files: folder({ target_modules: 'all-linear' }, tensorsOf(everywhere)), deltas: everywhere },
  bfloat16: { files: folder({}, bf16.tensors), deltas: bf16.deltas },
  'float16 on every linear': { files: folder({ target_modules: suffixes }, f16.tensors), deltas: f16.deltas },
  rsLoRA: { files: folder({ use_rslora: true }, tensorsOf(plain)), deltas: pairs({ scale: 8 / Math.sqrt(4) }) },
  'an alpha of 16.0': { files: folder({ lora_alpha: 16.0 }, tensorsOf(plain)), deltas: pairs({ scale: 4 }) },
  'an alpha that is no whole number': {
    files: folder({ lora_alpha: 0.3 }, tensorsOf(plain)),
    deltas: pairs({ scale: 0.075 }),
  },
  'rank_pattern and alpha_pattern': {
    files: folder(
      { rank_pattern: { '^model.layers.0.self_attn.q_proj': 2 }, alpha_pattern: { v_proj: 6.5 } },
      tensorsOf(pairs({ ranks: { [queryPath]: 2 } })),
    ),
    deltas: pairs({
      ranks: { [queryPath]: 2 },
      scales: { [queryPath]: 4, 'model.layers.0.self_attn.v_proj': 6.5 / 4, [valuePath]: 6.5 / 4 },
    }),
  },
  'ranks that EVA chose, by whole paths': {
    files: folder(
      { init_lora_weights: 'eva', rank_pattern: { [queryPath]: 6, [valuePath]: 2 } },
      tensorsOf(pairs({ ranks: { [queryPath]: 6, [valuePath]: 2 } })),
    ),
    deltas: pairs({
      ranks: { [queryPath]: 6, [valuePath]: 2 },
      scales: { [queryPath]: 8 / 6, [valuePath]: 4 },
    }),
  },
  'layers_to_transform: one layer': {
    files: folder({ layers_to_transform: [1], layers_pattern: 'layers' }, tensorsOf(pairs({ layers: [1] }))),
    deltas: pairs({ layers: [1] }),
  },
  'layers_to_transform: a number': {
    files: folder({ layers_to_transform: 0 }, tensorsOf(pairs({ layers: [0] }))),
    deltas: pairs({ layers: [0] }),
  },
  'targets by whole paths': {
    files: folder({ target_modules: [queryPath] }, tensorsOf(pairs({ layers: [0], linears: qv.slice(0, 1) }))),
    deltas: pairs({ layers: [0], linears: qv.slice(0, 1) }),
  },
  exclude_modules: {
    files: folder({ exclude_modules: [queryPath] }, tensorsOf(plain.filter(({ path }) => path !== queryPath))),
    deltas: plain.filter(({ path }) => path !== queryPath),
  },
  'fan_in_fan_out set by mistake, which PEFT mends': {
    files: folder({ fan_in_fan_out: true }, tensorsOf(plain)),
    deltas: plain,
  },
  'Unsloth: a pattern for targets, its mark in auto_mapping': {
    files: folder(
      {
        target_modules: UNSLOTH_PATTERN,
        auto_mapping: {
          base_model_class: 'LlamaForCausalLM',
          parent_library: 'transformers.models.llama.modeling_llama',
          unsloth_fixed: true,
        },
      },
      tensorsOf(everywhere),
    ),
    deltas: everywhere,
    notes: ['target_modules', 'auto_mapping'],
  },
  'Axolotl: names of a sharded model': {
    files: folder({}, prefixed('base_model.model._fsdp_wrapped_module.')),
    deltas: plain,
  },
  'a compiled model': { files: folder({}, prefixed('base_model.model._orig_mod.')), deltas: plain },
  'a model wrapped twice': { files: folder({}, prefixed('base_model.model.base_model.model.')), deltas: plain },
  'names without a prefix': { files: folder({}, prefixed('')), deltas: plain },
  'the adapter name left in names': { files: folder({}, named('default')), deltas: plain },
  'an adapter name of one’s own': { files: folder({}, named('my-adapter_2')), deltas: plain },
  'keys that nobody knows': {
    files: folder({ some_future_key: { depth: 3 }, another: null }, tensorsOf(plain)),
    deltas: plain,
    notes: ['some_future_key'],
  },
  'the folder of a checkpoint, zipped': {
    files: [
      {
        name: 'checkpoint-500.zip',
        bytes: zipSync({
          ...Object.fromEntries(
            folder({}, tensorsOf(plain)).map(({ name, bytes }) => [`checkpoint-500/${name}`, bytes]),
          ),
          'checkpoint-500/optimizer.pt': pickles.new,
          'checkpoint-500/training_args.bin': pickles.old,
        }),
      },
    ],
    deltas: plain,
  },
  'a base that is named otherwise': {
    files: folder({ base_model_name_or_path: '/content/drive/<b>base</b>' }, tensorsOf(plain)),
    deltas: plain,
    baseModel: '/content/drive/<b>base</b>',
  },
  'mlx-lm': { files: mlxFolder(pairs({ scale: 20 })), deltas: pairs({ scale: 20 }) },
  'mlx-lm, the last layer only': {
    files: mlxFolder(pairs({ layers: [1], rank: 8, scale: 10 }), { num_layers: 1 }),
    deltas: pairs({ layers: [1], rank: 8, scale: 10 }),
  },
  'mlx-lm of 2024, with lora_layers and alpha': {
    files: mlxFolder(pairs({ rank: 3, scale: 10 }), {
      num_layers: undefined,
      fine_tune_type: undefined,
      lora_layers: 2,
      lora_parameters: { keys: qv, rank: 3, alpha: 16, scale: 10, dropout: 0 },
    }),
    deltas: pairs({ rank: 3, scale: 10 }),
  },
  'llama.cpp’s converter': {
    files: [ggufFile(everywhere, { alpha: 8 })],
    deltas: everywhere,
    baseModel: 'Tiny Llama',
  },
  'llama.cpp’s converter, an alpha of 0': {
    files: [ggufFile(pairs({ scale: 1 }), { alpha: 0 })],
    deltas: pairs({ scale: 1 }),
  },
  'llama.cpp’s converter, one layer': {
    files: [ggufFile(pairs({ layers: [1] }), { alpha: 8 })],
    deltas: pairs({ layers: [1] }),
  },
}

describe('opened', () => {
  test.each(Object.entries(opened))('%s', async (_, { files, deltas, notes = [], baseModel }) => {
    const adapter = await readHostAdapter(model, files)
    const logits = await tinyLogits(base, laidOut(adapter))
    const expected = await tinyLogits(await tinyBench(model.config, withDeltas(weights, deltas)), null)
    // As between a model with its adapter and the merged one: float32 sums of a few dozen terms.
    expect(relativeNormError(logits, expected)).toBeLessThan(1e-5)
    expect(relativeNormError(baseLogits, expected)).toBeGreaterThan(1e-3)
    expect(adapter.info.notes).toEqual(notes)
    if (baseModel !== undefined) expect(adapter.info.baseModel).toBe(baseModel)
    // Detours that only fill the layers without one do not count.
    const counted = deltas.reduce((sum, { a, b }) => sum + a.length + b.length, 0)
    expect(adapter.info.parameters).toBe(counted)
  })

  test('one that was never trained is opened, and says that it changes nothing', async () => {
    const adapter = await readHostAdapter(model, folder({}, tensorsOf(pairs({ isFresh: true }))))
    expect(adapter.info.hasEffect).toBe(false)
    expect(await tinyLogits(base, laidOut(adapter))).toEqual(baseLogits)
  })

  test('one that names another base by hash is opened where it fits, and says so', async () => {
    const foreign = weightsFile(tensorsOf(plain), { format: 'pt', base_sha256: 'cd'.repeat(32) })
    const { info } = await readHostAdapter(model, [configFile(peftVersions['0.8']), foreign])
    expect(info).toMatchObject({ baseSha256: 'cd'.repeat(32), matchesBaseHash: false })
  })
})

const oneMore = (name: string, shape = [4, 36]) => [
  ...tensorsOf(plain),
  float32Tensor(name, shape, new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(0.1)),
]
const truncated = (bytes: number) => {
  const file = weightsFile(tensorsOf(plain))
  return [configFile(peftVersions['0.14']), { ...file, bytes: file.bytes.slice(0, bytes) }]
}
const spoiled = (value: number) =>
  tensorsOf(plain.map((delta, index) => (index === 2 ? { ...delta, a: delta.a.with(7, value) } : delta)))
const otherFile = (text: string) => [
  configFile(peftVersions['0.14']),
  { name: 'adapter_model.safetensors', bytes: new TextEncoder().encode(text) },
]
const mapped = (change: (delta: Delta) => Partial<Delta>) => plain.map((delta) => ({ ...delta, ...change(delta) }))
const deeper = pairs({ layers: [1] }).map((delta) => ({ ...delta, path: delta.path.replace('layers.1', 'layers.29') }))
const ofGpt2 = pairs({ linears: qv.slice(0, 1) }).map((delta) => ({
  ...delta,
  path: delta.path.replace('model.layers', 'transformer.h').replace('self_attn.q_proj', 'attn.c_attn'),
}))
const wider = mapped(({ a, rank }) => ({ a: new Float32Array((a.length / rank + 28) * rank).fill(0.1) }))
const taller = mapped(({ b }) => ({ b: new Float32Array(2 * b.length).fill(0.1) }))
const big = pairs({ rank: 300 })
const headPair = [
  float32Tensor(peftName('lm_head', 'A'), [4, 36], new Float32Array(144).fill(0.1)),
  float32Tensor(peftName('lm_head', 'B'), [97, 4], new Float32Array(388).fill(0.1)),
]
const dora = oneMore(`base_model.model.${queryPath}.lora_magnitude_vector`, [30])

/** The code, and the details that tell why. */
type Refusal = readonly [files: readonly ForeignFile[], code: string, details?: Readonly<Record<string, unknown>>]

const unsupported = (files: readonly ForeignFile[], reason: string): Refusal => [
  files,
  'adapter/unsupported',
  { reason },
]

const refused: Record<string, Refusal> = {
  ...Object.fromEntries(
    ['IA3', 'PREFIX_TUNING', 'PROMPT_TUNING', 'ADALORA', 'LOHA', 'LOKR', 'VERA', 'OFT'].map((peft_type) => [
      peft_type,
      unsupported(folder({ peft_type }, tensorsOf(plain)), 'kind'),
    ]),
  ),
  'DoRA by its config': unsupported(folder({ use_dora: true }, dora), 'dora'),
  'DoRA by its magnitudes': unsupported(folder({}, dora), 'dora'),
  modules_to_save: unsupported(
    folder({ modules_to_save: ['lm_head', 'embed_tokens'] }, tensorsOf(plain)),
    'saved-module',
  ),
  'an embedding saved whole': unsupported(
    folder({}, oneMore('base_model.model.model.embed_tokens.weight', [97, 36])),
    'saved-module',
  ),
  'a LoRA on the head': unsupported(
    folder({ target_modules: ['q_proj', 'v_proj', 'lm_head'] }, [...tensorsOf(plain), ...headPair]),
    'head',
  ),
  'a LoRA on the embedding': unsupported(
    folder(
      { target_modules: ['q_proj', 'v_proj', 'embed_tokens'] },
      oneMore('base_model.model.model.embed_tokens.lora_embedding_A', [4, 97]),
    ),
    'embedding',
  ),
  'tokens trained one by one': unsupported(folder({ trainable_token_indices: [5, 6] }, tensorsOf(plain)), 'embedding'),
  'bias lora_only': unsupported(folder({ bias: 'lora_only' }, tensorsOf(plain)), 'bias'),
  'bias all': unsupported(folder({ bias: 'all' }, tensorsOf(plain)), 'bias'),
  'a bias in the weights': unsupported(
    folder({}, oneMore('base_model.model.model.layers.0.self_attn.q_proj.bias', [30])),
    'bias',
  ),
  'a bias of B': unsupported(folder({ lora_bias: true }, tensorsOf(plain)), 'bias'),
  'target_parameters, for experts': unsupported(
    folder({ target_parameters: ['feed_forward.experts.gate_up_proj'] }, tensorsOf(plain)),
    'experts',
  ),
  'layers repeated': unsupported(folder({ layer_replication: [[0, 2]] }, tensorsOf(plain)), 'repeated-layers'),
  aLoRA: unsupported(folder({ alora_invocation_tokens: [1, 2] }, tensorsOf(plain)), 'activated'),
  ...Object.fromEntries(
    ['pissa', 'pissa_niter_16', 'olora', 'corda'].map((init_lora_weights) => [
      `${init_lora_weights}, not converted`,
      unsupported(folder({ init_lora_weights }, tensorsOf(plain)), 'start'),
    ]),
  ),
  Arrow: unsupported(folder({ arrow_config: { top_k: 3 } }, tensorsOf(plain)), 'kind'),
  KaSA: unsupported(folder({ kasa_config: { beta: 1e-4 } }, tensorsOf(plain)), 'kind'),
  'a norm saved whole': unsupported(
    folder({}, oneMore('base_model.model.model.layers.0.input_layernorm.weight', [36])),
    'saved-module',
  ),
  LoftQ: unsupported(
    folder({ init_lora_weights: 'loftq', loftq_config: { loftq_bits: 4 } }, tensorsOf(plain)),
    'start',
  ),
  'a classifier': unsupported(folder({ task_type: 'SEQ_CLS' }, tensorsOf(plain)), 'task'),
  'ranks by a regular expression': unsupported(
    folder({ rank_pattern: { '.*layers\\.[01]\\.self_attn.q_proj': 4 } }, tensorsOf(plain)),
    'pattern',
  ),
  'two adapters in one file': unsupported(
    folder({}, [...named('first').slice(0, 4), ...named('second').slice(4)]),
    'two-adapters',
  ),
  'the names of mlx-lm in PEFT’s file': unsupported(
    folder(
      {},
      tensorsOf(plain, (path, part) => `${path}.lora_${part.toLowerCase()}`),
    ),
    'names',
  ),
  'mlx-lm, DoRA': unsupported(mlxFolder(plain, { fine_tune_type: 'dora' }), 'dora'),
  'mlx-lm, every weight': unsupported(mlxFolder(plain, { fine_tune_type: 'full' }), 'kind'),
  'a GGUF adapter of the head': unsupported([ggufFile(plain, { alpha: 8, extra: 'output.weight.lora_a' })], 'head'),
  'a GGUF adapter with a norm': unsupported(
    [ggufFile(plain, { alpha: 8, extra: 'blk.0.attn_norm.weight' })],
    'saved-module',
  ),

  'a .bin of old, alone': [[{ name: 'adapter_model.bin', bytes: pickles.old }], 'file/pickle'],
  'a .bin of old': [
    [configFile(peftVersions['0.3']), { name: 'adapter_model.bin', bytes: pickles.old }],
    'file/pickle',
  ],
  'a .bin': [[configFile(peftVersions['0.3']), { name: 'adapter_model.bin', bytes: pickles.new }], 'file/pickle'],
  'a .bin, alone': [[{ name: 'adapter_model.bin', bytes: pickles.new }], 'file/pickle'],
  'a pickle that calls itself safetensors': [
    [configFile(peftVersions['0.14']), { name: 'adapter_model.safetensors', bytes: pickles.new }],
    'file/pickle',
  ],
  'a pointer of Git LFS': [
    otherFile('version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n'),
    'file/not-readable',
  ],
  'a web page': [otherFile('<!doctype html><html><body>Not found</body></html>'), 'file/not-readable'],
  'the weights without their config': [[weightsFile(tensorsOf(plain))], 'adapter/files-missing'],
  'the config without its weights': [[configFile(peftVersions['0.14'])], 'adapter/files-missing'],
  'weights cut in the middle': [truncated(2000), 'safetensors/truncated'],
  'weights cut in their header': [truncated(100), 'safetensors/truncated'],
  NaN: [folder({}, spoiled(Number.NaN)), 'adapter/not-finite'],
  infinity: [folder({}, spoiled(Number.POSITIVE_INFINITY)), 'adapter/not-finite'],
  'half a pair': [folder({}, tensorsOf(plain).slice(0, -1)), 'adapter/files-missing'],
  'another rank than the config says': [folder({ r: 8 }, tensorsOf(plain)), 'adapter/config-invalid'],
  'A and B transposed': [
    folder(
      {},
      tensorsOf(plain).map((tensor) => ({ ...tensor, shape: tensor.shape.toReversed() })),
    ),
    'adapter/config-invalid',
  ],
  'a rank of 300': [folder({ r: 300 }, tensorsOf(big)), 'adapter/rank-too-large', { rank: 300, most: 256 }],
  'a config that is no JSON': [
    [{ name: 'adapter_config.json', bytes: new TextEncoder().encode('{"r": 4,}') }, weightsFile(tensorsOf(plain))],
    'adapter/config-invalid',
  ],
  'another width': [
    folder({}, tensorsOf(wider)),
    'adapter/wrong-base',
    { shapes: 4, module: `${queryPath}.lora_A`, found: '4, 64', needed: '4, 36', namedBase: 'somebody/tiny-llama' },
  ],
  'other heads': [
    folder({}, tensorsOf(taller)),
    'adapter/wrong-base',
    { shapes: 4, module: `${queryPath}.lora_B`, found: '60, 4', needed: '30, 4' },
  ],
  'a deeper model': [
    folder({}, tensorsOf([...plain, ...deeper])),
    'adapter/wrong-base',
    { layersThere: 30, layersHere: 2 },
  ],
  'another family': [
    folder({ target_modules: ['c_attn'] }, tensorsOf(ofGpt2)),
    'adapter/wrong-base',
    { modules: 'attn.c_attn' },
  ],
  'a layer lost': [
    folder({}, tensorsOf(pairs({ layers: [1] }))),
    'adapter/wrong-base',
    { missing: 2, module: queryPath },
  ],
  'mlx-lm, a linear lost in the last layer': [
    mlxFolder(plain.filter(({ path }) => path !== valuePath)),
    'adapter/wrong-base',
    { missing: 1, module: valuePath },
  ],
  'a GGUF adapter of another architecture': [
    [ggufFile(plain, { alpha: 8, architecture: 'qwen2' })],
    'adapter/wrong-base',
    { architecture: 'qwen2' },
  ],
  'an old mlx-lm archive of NumPy': [
    [{ name: 'adapters.npz', bytes: zipSync({ 'model.layers.0.self_attn.q_proj.lora_a.npy': new Uint8Array(80) }) }],
    'adapter/files-missing',
  ],
}

describe('refused', () => {
  test.each(Object.entries(refused))('%s', async (_, [files, code, details = {}]) => {
    const thrown: unknown = await readHostAdapter(model, files).then(
      () => 'opened',
      (error: unknown) => error,
    )
    if (!(thrown instanceof AppError)) throw new Error(`neither refused nor an AppError: ${String(thrown)}`)
    expect({ code: thrown.code, details: thrown.details }).toMatchObject({ code, details })
  })
})

function laidOut({ settings, parameters }: HostAdapter) {
  return { adapter: declareAdapter(model.config, settings), parameters }
}
