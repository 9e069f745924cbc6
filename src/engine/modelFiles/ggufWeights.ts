// A GGUF file's weights by the names, shapes and row orders of Hugging Face's checkpoints.
import { assert } from '../../base/assert'
import { AppError } from '../../base/errors'
import type { FileSource } from '../../formats/fileSource'
import { readGgufBlocks, readGgufTensor, type GgufEntry, type GgufHeader } from '../../formats/gguf'
import type { ModelConfig } from '../../models/config'
import { BLOCK_SIZE, type QuantizedWeight } from '../../models/quantize'
import { storedWeights, transpose } from '../../models/weights'
import { ROPE_FACTORS } from './ggufConfig'
import { missingTensor, sha256OfFiles, type WeightFiles } from './weightFiles'

/** What a number is in, where it was not rounded to a few bits. */
const wholeTypes = new Set<GgufEntry['type']>(['F32', 'F16', 'BF16'])

const modules: Readonly<Record<string, string>> = {
  'model.embed_tokens': 'token_embd',
  'model.norm': 'output_norm',
  lm_head: 'output',
  'transformer.wte': 'token_embd',
  'transformer.wpe': 'position_embd',
  'transformer.ln_f': 'output_norm',
}

const layerModules: Readonly<Record<string, string>> = {
  input_layernorm: 'attn_norm',
  post_attention_layernorm: 'ffn_norm',
  'self_attn.q_proj': 'attn_q',
  'self_attn.k_proj': 'attn_k',
  'self_attn.v_proj': 'attn_v',
  'self_attn.o_proj': 'attn_output',
  'self_attn.q_norm': 'attn_q_norm',
  'self_attn.k_norm': 'attn_k_norm',
  'mlp.gate_proj': 'ffn_gate',
  'mlp.up_proj': 'ffn_up',
  'mlp.down_proj': 'ffn_down',
  ln_1: 'attn_norm',
  ln_2: 'ffn_norm',
  'attn.c_attn': 'attn_qkv',
  'attn.c_proj': 'attn_output',
  'mlp.c_fc': 'ffn_up',
  'mlp.c_proj': 'ffn_down',
}

/** `model.layers.3.self_attn.q_proj.weight` -> `blk.3.attn_q.weight`; undefined for a name of no family. */
export function ggufName(name: string): string | undefined {
  const match = /^(?:(?:model\.layers|transformer\.h)\.(\d+)\.)?(.+)\.(weight|bias)$/.exec(name)
  const [, layer, module = '', kind] = match ?? []
  const known = layer === undefined ? modules[module] : layerModules[module]
  if (known === undefined) return undefined
  return layer === undefined ? `${known}.${kind}` : `blk.${layer}.${known}.${kind}`
}

/**
 * @throws AppError `model/unsupported` naming a tensor that a model of this shape does not have. Reading throws
 * `gguf/*` and `file/*`.
 */
export function openGgufWeights(source: FileSource, { tensors }: GgufHeader, config: ModelConfig): WeightFiles {
  const known = new Set([ROPE_FACTORS, ...storedWeights(config).map(({ name }) => ggufName(name))])
  for (const name of tensors.keys()) {
    if (known.has(name)) continue
    const what = `the tensor ${name}`
    throw new AppError('model/unsupported', { message: `${source.name} has ${what}`, details: { what } })
  }
  const entryOf = (name: string): GgufEntry | undefined => tensors.get(ggufName(name) ?? '')
  const existing = (name: string): GgufEntry => {
    const entry = entryOf(name)
    if (!entry) throw missingTensor(name)
    return entry
  }
  return {
    shapeOf(name) {
      const shape = entryOf(name)?.shape
      return shape && isConv1d(config, name) ? shape.toReversed() : shape
    },
    async float32(name) {
      const entry = existing(name)
      const values = await readGgufTensor(source, entry)
      const heads = rotatedHeads(config, name, entry.shape)
      if (heads !== null) return rowsAsHere(values, entry.shape, heads)
      return isConv1d(config, name) ? transpose(values, entry.shape[0] ?? 1, entry.shape[1] ?? 1) : values
    },
    async blocks(name) {
      const entry = existing(name)
      const blocks = await readGgufBlocks(source, entry)
      if (!blocks) return null
      const { shape } = entry
      const heads = rotatedHeads(config, name, shape)
      const [rows = 1, columns = 1] = shape
      return { shape, ...(heads === null ? blocks : reorderBlocks(blocks, [rows, columns], heads)) }
    },
    sha256: () => sha256OfFiles([source]),
    sizeBytes: source.sizeBytes,
    isQuantized: [...tensors.values()].some(({ type }) => !wholeTypes.has(type)),
  }
}

/** A tensor of a checkpoint as a GGUF file of that model has it: its name, its shape, and the order of its values. */
export function ggufTensor(config: ModelConfig, name: string, shape: readonly number[]): GgufTensor {
  const stored = ggufName(name)
  assert(stored !== undefined, `${name} has a name in GGUF`)
  const heads = rotatedHeads(config, name, shape)
  if (heads !== null) return { name: stored, shape, order: (values) => rowsAsStored(values, shape, heads) }
  if (!isConv1d(config, name)) return { name: stored, shape, order: (values) => values }
  const [rows = 1, columns = 1] = shape
  return { name: stored, shape: [columns, rows], order: (values) => transpose(values, rows, columns) }
}

export interface GgufTensor {
  readonly name: string
  readonly shape: readonly number[]
  readonly order: (values: Float32Array) => Float32Array
}

/** Matrices that Hugging Face keeps [inputs, outputs] and GGUF [outputs, inputs]. */
function isConv1d({ family }: ModelConfig, name: string): boolean {
  return family === 'gpt2' && /\.(c_attn|c_proj|c_fc)\.weight$/.test(name)
}

/**
 * llama.cpp turns neighbouring pairs of a head, Hugging Face pairs half a head apart; for the family llama the
 * converter reorders the rows of queries and keys, and here that is undone. The number of heads, or null where
 * the order is the same.
 */
export function rotatedHeads(config: ModelConfig, name: string, [rows]: readonly number[]): number | null {
  const [, linear] = (config.family === 'llama' && /\.([qk]_proj)\.(?:weight|bias)$/.exec(name)) || []
  if (linear === undefined) return null
  const heads = linear === 'q_proj' ? config.heads : config.keyValueHeads
  if (rows !== heads * config.headWidth) {
    throw new AppError('model/config-invalid', {
      message: `${name} has ${rows ?? 0} rows; expected ${heads} heads of ${config.headWidth}`,
      details: { field: name },
    })
  }
  return heads
}

/** Where row `row` of Hugging Face's order lies in the file. */
function storedRow(row: number, headWidth: number): number {
  const inHead = row % headWidth
  const half = headWidth / 2
  return row - inHead + (inHead < half ? 2 * inHead : 2 * (inHead - half) + 1)
}

/** From llama.cpp's order of rows to Hugging Face's. */
export function rowsAsHere<Values extends RowValues>(values: Values, shape: readonly number[], heads: number): Values {
  return moveRows(values, shape, (row, rows) => ({ from: storedRow(row, rows / heads), to: row }))
}

/** From Hugging Face's order of rows to llama.cpp's. */
export function rowsAsStored(values: Float32Array, shape: readonly number[], heads: number): Float32Array {
  return moveRows(values, shape, (row, rows) => ({ from: row, to: storedRow(row, rows / heads) }))
}

type RowValues = Float32Array | Int8Array | Uint16Array

function moveRows<Values extends RowValues>(
  values: Values,
  [rows = 1, columns = 1]: readonly number[],
  move: (row: number, rows: number) => { readonly from: number; readonly to: number },
): Values {
  const moved = values.slice() as Values
  for (let row = 0; row < rows; row++) {
    const { from, to } = move(row, rows)
    moved.set(values.subarray(from * columns, (from + 1) * columns), to * columns)
  }
  return moved
}

function reorderBlocks(
  { values, scales }: QuantizedWeight,
  [rows, columns]: readonly [number, number],
  heads: number,
): QuantizedWeight {
  assert(columns % BLOCK_SIZE === 0, `${columns} columns are whole blocks`)
  return {
    values: rowsAsHere(values, [rows, columns], heads),
    scales: rowsAsHere(scales, [rows, columns / BLOCK_SIZE], heads),
  }
}
