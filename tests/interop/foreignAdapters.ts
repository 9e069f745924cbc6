// Adapters as other tools write them, for one small Llama: names, shapes and configs of PEFT since 0.3, Unsloth, Axolotl,
// mlx-lm and llama.cpp's converter, and what goes wrong with them. Made here from random numbers, by the formats' own
// rules and not by our writers, beside what each adds to the weights.
import { zipSync } from 'fflate'
import { defined } from '../../src/base/assert'
import { bytesOf, concatBytes, encodeUtf8 } from '../../src/base/bytes'
import { bfloat16sToFloats, floatsToBfloat16s, floatsToHalves, halvesToFloats } from '../../src/base/float16'
import { Random } from '../../src/base/random'
import { serializeGguf, type GgufPair } from '../../src/formats/ggufWriter'
import { float32Tensor, serializeSafetensors, type NamedTensor } from '../../src/formats/safetensors'
import type { Delta } from '../helpers/tinyLogits'

export interface ForeignFile {
  readonly name: string
  readonly bytes: Uint8Array
}

/** The golden `llama-tied`: [outputs, inputs] of each linear in both of its layers. */
const shapes: Readonly<Record<string, readonly [number, number]>> = {
  'self_attn.q_proj': [30, 36],
  'self_attn.k_proj': [10, 36],
  'self_attn.v_proj': [10, 36],
  'self_attn.o_proj': [36, 30],
  'mlp.gate_proj': [52, 36],
  'mlp.up_proj': [52, 36],
  'mlp.down_proj': [36, 52],
}
export const qv = ['self_attn.q_proj', 'self_attn.v_proj']
export const allLinears = Object.keys(shapes)
const HEAD_WIDTH = 10

export interface PairOptions {
  readonly linears?: readonly string[]
  readonly layers?: readonly number[]
  readonly rank?: number
  readonly scale?: number
  /** Of single modules, by their path. */
  readonly ranks?: Readonly<Record<string, number>>
  readonly scales?: Readonly<Record<string, number>>
  /** B is what LoRA begins with. */
  readonly isFresh?: boolean
}

/** Random pairs on the linears; every one from a stream of its own. */
export function pairs(options: PairOptions = {}): Delta[] {
  const { linears = qv, layers = [0, 1], ranks = {}, scales = {}, isFresh = false } = options
  return layers.flatMap((layer) =>
    linears.map((linear, index): Delta => {
      const path = `model.layers.${layer}.${linear}`
      const rank = ranks[path] ?? options.rank ?? 4
      const [outputs, inputs] = defined(shapes[linear], linear)
      const random = new Random(31 * layer + index)
      const values = (length: number) => Float32Array.from({ length }, () => 0.3 * random.normal())
      const b = isFresh ? new Float32Array(outputs * rank) : values(outputs * rank)
      return { path, rank, scale: scales[path] ?? options.scale ?? 2, a: values(rank * inputs), b }
    }),
  )
}

type NameOf = (path: string, part: 'A' | 'B') => string

export const peftName: NameOf = (path, part) => `base_model.model.${path}.lora_${part}.weight`

export function tensorsOf(deltas: readonly Delta[], nameOf: NameOf = peftName): NamedTensor[] {
  return deltas.flatMap(({ path, rank, a, b }) => [
    float32Tensor(nameOf(path, 'A'), [rank, a.length / rank], a),
    float32Tensor(nameOf(path, 'B'), [b.length / rank, rank], b),
  ])
}

export const weightsFile = (
  tensors: readonly NamedTensor[],
  metadata: Readonly<Record<string, string>> = { format: 'pt' },
): ForeignFile => ({
  name: 'adapter_model.safetensors',
  bytes: serializeSafetensors(tensors, metadata),
})

export const configFile = (config: unknown): ForeignFile => ({
  name: 'adapter_config.json',
  bytes: encodeUtf8(JSON.stringify(config, null, 2)),
})

/** What PEFT wrote at 0.3, the first of its configs: later versions only added to it. */
export const peft03 = {
  base_model_name_or_path: 'somebody/tiny-llama',
  bias: 'none',
  fan_in_fan_out: false,
  inference_mode: true,
  init_lora_weights: true,
  lora_alpha: 8,
  lora_dropout: 0.05,
  modules_to_save: null,
  peft_type: 'LORA',
  r: 4,
  target_modules: ['q_proj', 'v_proj'],
  task_type: 'CAUSAL_LM',
} as const
const peft05 = { ...peft03, auto_mapping: null, layers_pattern: null, layers_to_transform: null, revision: null }
const peft08 = {
  ...peft05,
  alpha_pattern: {},
  loftq_config: {},
  megatron_config: null,
  megatron_core: 'megatron.core',
  rank_pattern: {},
  use_rslora: false,
}
const peft10 = { ...peft08, layer_replication: null, use_dora: false }
const peft14 = { ...peft10, eva_config: null, exclude_modules: null, lora_bias: false }
const peft17 = {
  ...peft14,
  corda_config: null,
  qalora_group_size: 16,
  target_parameters: null,
  trainable_token_indices: null,
  use_qalora: false,
}
const peft21 = {
  ...peft17,
  alora_invocation_tokens: null,
  arrow_config: null,
  ensure_weight_tying: false,
  kasa_config: null,
  lora_ga_config: null,
  monteclora_config: null,
  peft_version: '0.21.0',
  use_bdlora: null,
  velora_config: null,
}
export const peftVersions = {
  '0.3': peft03,
  '0.5': peft05,
  '0.8': peft08,
  '0.10': peft10,
  '0.14': peft14,
  '0.17': peft17,
  '0.21': peft21,
}

/** A folder of PEFT's: the config of 0.14 with changes, and these tensors. */
export function folder(config: Record<string, unknown>, tensors: readonly NamedTensor[]): ForeignFile[] {
  return [configFile({ ...peft14, ...config }), weightsFile(tensors)]
}

/** The deltas as half precision holds them, and their tensors. */
export function halved(deltas: readonly Delta[], dtype: 'F16' | 'BF16') {
  const [toBits, toFloats] = dtype === 'F16' ? [floatsToHalves, halvesToFloats] : [floatsToBfloat16s, bfloat16sToFloats]
  const rounded = deltas.map((delta) => ({ ...delta, a: toFloats(toBits(delta.a)), b: toFloats(toBits(delta.b)) }))
  const tensors = rounded.flatMap(({ path, rank, a, b }): NamedTensor[] => [
    { name: peftName(path, 'A'), dtype, shape: [rank, a.length / rank], bytes: bytesOf(toBits(a)) },
    { name: peftName(path, 'B'), dtype, shape: [b.length / rank, rank], bytes: bytesOf(toBits(b)) },
  ])
  return { deltas: rounded, tensors }
}

/** `target_modules` as Unsloth writes it for the layers of a language model. */
export const UNSLOTH_PATTERN =
  '(?:.*?(?:vision|image|visual|patch|language|text).*?(?:self_attn|attention|attn|mlp|feed_forward|ffn|dense).*?' +
  '(?:q_proj|k_proj|v_proj|o_proj|gate_proj|up_proj|down_proj).*?)|(?:\\bmodel\\.layers\\.[\\d]{1,}\\.' +
  '(?:self_attn|attention|attn|mlp|feed_forward|ffn|dense)\\.(?:(?:q_proj|k_proj|v_proj|o_proj|gate_proj|up_proj|down_proj)))'

/** mlx-lm: A [inputs, rank] and B [rank, outputs], the scale in a config of its own. */
export function mlxFolder(deltas: readonly Delta[], config: Record<string, unknown> = {}): ForeignFile[] {
  const [{ rank, scale } = { rank: 1, scale: 1 }] = deltas
  const turned = (values: Float32Array, rows: number) => {
    const columns = values.length / rows
    return values.map((_, i) => values[(i % rows) * columns + Math.floor(i / rows)] ?? 0)
  }
  const tensors = deltas.flatMap(({ path, a, b }) => [
    float32Tensor(`${path}.lora_a`, [a.length / rank, rank], turned(a, rank)),
    float32Tensor(`${path}.lora_b`, [rank, b.length / rank], turned(b, b.length / rank)),
  ])
  const json = {
    adapter_path: 'adapters',
    batch_size: 4,
    config: null,
    data: 'data',
    fine_tune_type: 'lora',
    grad_checkpoint: false,
    iters: 1000,
    learning_rate: 1e-5,
    lora_parameters: { rank, dropout: 0, scale },
    lr_schedule: null,
    mask_prompt: false,
    max_seq_length: 2048,
    model: 'mlx-community/tiny-llama',
    num_layers: 2,
    optimizer: 'adam',
    save_every: 100,
    seed: 0,
    test: false,
    train: true,
    ...config,
  }
  return [configFile(json), { name: 'adapters.safetensors', bytes: serializeSafetensors(tensors, { format: 'mlx' }) }]
}

const ggufNames: Readonly<Record<string, string>> = {
  'self_attn.q_proj': 'attn_q',
  'self_attn.k_proj': 'attn_k',
  'self_attn.v_proj': 'attn_v',
  'self_attn.o_proj': 'attn_output',
  'mlp.gate_proj': 'ffn_gate',
  'mlp.up_proj': 'ffn_up',
  'mlp.down_proj': 'ffn_down',
}

interface GgufOptions {
  readonly alpha: number
  readonly architecture?: string
  /** Of a tensor besides. */
  readonly extra?: string
}

/** convert_lora_to_gguf.py: the rows of q and k as llama.cpp turns heads, pairs of a rotation side by side. */
export function ggufFile(deltas: readonly Delta[], { alpha, architecture = 'llama', extra }: GgufOptions): ForeignFile {
  const text = (key: string, value: string): GgufPair => ({ key, kind: 'string', value })
  const tensors = deltas.flatMap(({ path, rank, a, b }) => {
    const [, layer = '', linear = ''] = /^model\.layers\.(\d+)\.(.*)$/.exec(path) ?? []
    const name = `blk.${layer}.${defined(ggufNames[linear], linear)}.weight`
    const isTurned = /[qk]_proj$/.test(linear)
    return [
      { name: `${name}.lora_a`, shape: [rank, a.length / rank], data: a },
      { name: `${name}.lora_b`, shape: [b.length / rank, rank], data: isTurned ? turnedHeads(b, rank) : b },
    ]
  })
  const others = extra === undefined ? [] : [{ name: extra, shape: [4, 36], data: new Float32Array(144).fill(0.1) }]
  const bytes = serializeGguf(
    [
      text('general.architecture', architecture),
      text('general.type', 'adapter'),
      text('adapter.type', 'lora'),
      text('general.name', 'My Adapter'),
      text('general.base_model.0.name', 'Tiny Llama'),
      text('general.base_model.0.repo_url', 'https://huggingface.co/somebody/tiny-llama'),
      { key: 'adapter.lora.alpha', kind: 'float32', value: alpha },
    ],
    [...tensors, ...others],
  )
  return { name: 'my-adapter-F32.gguf', bytes }
}

/** B.reshape(heads, 2, width / 2, rank).swapaxes(1, 2) */
function turnedHeads(b: Float32Array, rank: number): Float32Array {
  const turned = new Float32Array(b.length)
  for (let row = 0; row < b.length / rank; row++) {
    const head = Math.floor(row / HEAD_WIDTH)
    const within = row % HEAD_WIDTH
    const from = head * HEAD_WIDTH + (within % 2) * (HEAD_WIDTH / 2) + Math.floor(within / 2)
    turned.set(b.subarray(from * rank, (from + 1) * rank), row * rank)
  }
  return turned
}

/** torch.save as it was before 1.6 and as it is now: a pickle, and a zip with one in it. */
export const pickles = {
  old: concatBytes([Uint8Array.of(0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20), new Uint8Array(64)]),
  new: zipSync({ 'adapter_model/data.pkl': Uint8Array.of(0x80, 2), 'adapter_model/data/0': new Uint8Array(64) }),
}
