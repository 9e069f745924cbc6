// An adapter as mlx-lm reads it: adapters.safetensors with `<module path>.lora_a` [inputs, rank] and `.lora_b`
// [rank, outputs], the transposes of PEFT's, beside an adapter_config.json of its own. One rank and one scale hold for
// all: smaller ranks are filled with zeros, other scales folded into B. Source: mlx-lm, tuner/lora.py and tuner/utils.py.
import * as v from 'valibot'
import { checkFinite, effectNotes, layerOf, wholeAlpha, type AdapterTensor, type PeftAdapter } from '../adapters/peft'
import { unsupportedAdapter } from '../adapters/refusals'
import { CONFIG_FILE, MLX_WEIGHTS_FILE } from '../adapters/adapterArchive'
import { decodeUtf8, encodeUtf8 } from '../base/bytes'
import { AppError } from '../base/errors'
import { baseName, bytesSource } from '../formats/fileSource'
import {
  float32Tensor,
  readSafetensorsHeader,
  readTensor,
  serializeSafetensors,
  toFloat32,
} from '../formats/safetensors'
import { familyOf, linearPath, type ModelConfig } from '../models/config'
import { sliceOf, type LoraAdapter } from '../models/lora'
import { transpose } from '../models/weights'
import type { ModelInfo, NamedFile } from './api'

interface Base {
  readonly config: ModelConfig
  readonly info: Pick<ModelInfo, 'id' | 'sha256'>
}

/** The two files; null for GPT-2, whose modules mlx-lm names otherwise. */
export function writeMlxAdapter(base: Base, { pairs }: LoraAdapter, parameters: Float32Array): NamedFile[] | null {
  const { config, info } = base
  const [first] = pairs
  if (!first || familyOf(config).isTransposed) return null
  const rank = Math.max(...pairs.map((pair) => pair.rank))
  const scale = first.scale
  const tensors = pairs.flatMap((pair) => {
    const path = linearPath(config, pair.layer, pair.linear)
    const inputs = pair.a.shape[1] ?? 1
    const outputs = pair.b.shape[0] ?? 1
    const factor = pair.scale / scale
    // A [r, in] -> [in, R], B [out, r] -> [R, out]: what is beyond a smaller rank stays zero.
    const a = new Float32Array(inputs * rank)
    const b = new Float32Array(rank * outputs)
    const valuesOfA = sliceOf(parameters, pair.a)
    const valuesOfB = sliceOf(parameters, pair.b)
    for (let r = 0; r < pair.rank; r++) {
      for (let k = 0; k < inputs; k++) a[k * rank + r] = valuesOfA[r * inputs + k]!
      for (let n = 0; n < outputs; n++) b[r * outputs + n] = valuesOfB[n * pair.rank + r]! * factor
    }
    return [float32Tensor(`${path}.lora_a`, [inputs, rank], a), float32Tensor(`${path}.lora_b`, [rank, outputs], b)]
  })
  const keys = familyOf(config)
    .linears.filter(({ name }) => pairs.some(({ linear }) => linear === name))
    .map(({ path }) => path)
  const json = {
    fine_tune_type: 'lora',
    model: info.id,
    num_layers: config.layers,
    lora_parameters: { rank, scale, dropout: 0, keys },
  }
  return [
    { name: CONFIG_FILE, bytes: encodeUtf8(`${JSON.stringify(json, null, 2)}\n`) },
    { name: MLX_WEIGHTS_FILE, bytes: serializeSafetensors(tensors, { format: 'mlx', base_sha256: info.sha256 }) },
  ]
}

/** True when these are the files of mlx-lm, not those of PEFT, whose config has the same name. */
export function isMlxAdapter(files: readonly NamedFile[]): boolean {
  return files.some(({ name }) => baseName(name) === MLX_WEIGHTS_FILE)
}

const MAX_CONFIG_BYTES = 256 * 1024
const positive = v.pipe(v.number(), v.finite(), v.gtValue(0))
const configSchema = v.looseObject({
  fine_tune_type: v.optional(v.string(), 'lora'),
  model: v.optional(v.pipe(v.string(), v.maxLength(512)), ''),
  lora_parameters: v.looseObject({ rank: v.pipe(positive, v.integer(), v.maxValue(1024)), scale: positive }),
})

/**
 * Reads an mlx-lm adapter as if it were PEFT's. A scale that PEFT's whole alphas cannot say is folded into B.
 *
 * @throws AppError `adapter/files-missing`, `adapter/config-invalid`, `adapter/unsupported` for DoRA or whole weights,
 * `adapter/not-finite`, `safetensors/*`
 */
export async function readMlxAdapter(files: readonly NamedFile[]): Promise<PeftAdapter> {
  const find = (name: string): NamedFile => {
    const found = files.find((file) => baseName(file.name) === name)
    if (!found) throw filesMissing(name)
    return found
  }
  const weights = find(MLX_WEIGHTS_FILE)
  const { model, rank, scale } = readConfig(find(CONFIG_FILE).bytes)
  const source = bytesSource(weights.bytes, MLX_WEIGHTS_FILE)
  const header = await readSafetensorsHeader(source)
  const alpha = wholeAlpha(scale * rank)
  const factor = (scale * rank) / alpha
  const tensors = new Map<string, AdapterTensor>()
  for (const name of header.tensors.keys()) {
    const [, path = '', part = ''] = /^(.{1,400})\.lora_([ab])$/.exec(name) ?? []
    if (part === '') throw unsupportedAdapter(name.endsWith('.m') ? 'dora' : 'saved-module', name)
    const tensor = await readTensor(source, header, name)
    const [rows = 0, columns = 0] = tensor.shape
    if (tensor.shape.length !== 2 || (part === 'a' ? columns : rows) !== rank) {
      throw new AppError('adapter/config-invalid', {
        message: `${name} is [${tensor.shape.join(', ')}], its rank is ${rank}`,
        details: { module: name, rank },
      })
    }
    const turned = transpose(toFloat32(tensor), rows, columns)
    checkFinite(name, turned)
    const data = part === 'b' && factor !== 1 ? turned.map((value) => value * factor) : turned
    tensors.set(`${path}.lora_${part.toUpperCase()}`, { shape: [columns, rows], data })
  }
  const modules = [...new Set([...tensors.keys()].map((name) => name.replace(/\.lora_[AB]$/, '')))]
  if (modules.length === 0) throw filesMissing(MLX_WEIGHTS_FILE)
  for (const path of modules) {
    for (const part of ['lora_A', 'lora_B']) {
      if (!tensors.has(`${path}.${part}`)) throw filesMissing(`${path}.${part}`)
    }
  }
  const firstLayer = Math.min(...modules.map(layerOf).filter((layer) => layer >= 0))
  return {
    rank,
    alpha,
    useRsLora: false,
    rankPattern: {},
    alphaPattern: {},
    modules,
    expects: (path) => layerOf(path) >= firstLayer, // it adapts the last `num_layers` of a model
    baseModel: model,
    tensors,
    metadata: header.metadata,
    notes: effectNotes(modules, tensors),
  }
}

function readConfig(bytes: Uint8Array): { readonly model: string; readonly rank: number; readonly scale: number } {
  const invalid = (message: string, cause?: unknown) =>
    new AppError('adapter/config-invalid', { message: `${CONFIG_FILE}: ${message}`, cause })
  if (bytes.byteLength > MAX_CONFIG_BYTES) throw invalid(`${bytes.byteLength} bytes`)
  let json: unknown
  try {
    json = JSON.parse(decodeUtf8(bytes))
  } catch (cause) {
    throw invalid('not JSON', cause)
  }
  const read = v.safeParse(configSchema, json)
  if (!read.success) throw invalid(read.issues[0].message.slice(0, 200))
  const { fine_tune_type: kind, model, lora_parameters: lora } = read.output
  if (kind !== 'lora') throw unsupportedAdapter(kind === 'dora' ? 'dora' : 'kind', `fine_tune_type ${kind}`)
  return { model, rank: lora.rank, scale: lora.scale }
}

function filesMissing(missing: string): AppError {
  return new AppError('adapter/files-missing', { message: `no ${missing}`, details: { missing } })
}
