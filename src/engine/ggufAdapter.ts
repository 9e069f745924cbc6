// An adapter as llama.cpp reads it: pairs `<base tensor>.lora_a` [rank, inputs] and `.lora_b` [outputs, rank], in
// PEFT's order, but that the rows of queries and keys lie as the base's do. Its scale is alpha / rank for all:
// rsLoRA and alphas of single modules are folded in. Source: llama.cpp src/llama-adapter.cpp.
import { checkFinite, effectNotes, wholeAlpha, wrongBase, type AdapterTensor, type PeftAdapter } from '../adapters/peft'
import { unsupportedAdapter } from '../adapters/refusals'
import { AppError } from '../base/errors'
import { bytesSource } from '../formats/fileSource'
import { readGgufHeader, readGgufTensor, type GgufEntry } from '../formats/gguf'
import { serializeGguf } from '../formats/ggufWriter'
import { linearNamesOf, linearPath, type ModelConfig } from '../models/config'
import { sliceOf, type LoraAdapter } from '../models/lora'
import type { ModelInfo, NamedFile } from './api'
import { ggufName, rotatedHeads, rowsAsHere, rowsAsStored } from './modelFiles/ggufWeights'

interface Base {
  readonly config: ModelConfig
  readonly info: Pick<ModelInfo, 'id' | 'sha256'>
}

export function writeGgufAdapter(
  base: Base,
  { pairs }: LoraAdapter,
  parameters: Float32Array,
): Uint8Array<ArrayBuffer> {
  const { config, info } = base
  const [first] = pairs
  // One alpha for all: that of the first pair, which every other is expressed by.
  const alpha = first ? first.scale * first.rank : 0
  const tensors = pairs.flatMap(({ layer, linear, rank, scale, a, b }) => {
    const weight = `${linearPath(config, layer, linear)}.weight`
    const name = ggufName(weight) ?? weight
    const factor = (scale * rank) / alpha
    const scaled = factor === 1 ? sliceOf(parameters, b) : sliceOf(parameters, b).map((value) => value * factor)
    const heads = rotatedHeads(config, weight, b.shape)
    return [
      { name: `${name}.lora_a`, shape: a.shape, data: sliceOf(parameters, a) },
      { name: `${name}.lora_b`, shape: b.shape, data: heads === null ? scaled : rowsAsStored(scaled, b.shape, heads) },
    ]
  })
  return serializeGguf(
    [
      { key: 'general.type', kind: 'string', value: 'adapter' },
      { key: 'general.architecture', kind: 'string', value: config.family },
      { key: 'general.name', kind: 'string', value: `${info.id}, adapted with Plume` },
      { key: 'adapter.type', kind: 'string', value: 'lora' },
      { key: 'adapter.lora.alpha', kind: 'float32', value: alpha },
      { key: 'plume.base_model', kind: 'string', value: info.id },
      { key: 'plume.base_sha256', kind: 'string', value: info.sha256 },
    ],
    tensors,
  )
}

/**
 * Reads a GGUF adapter as if it were PEFT's, for a base of this shape. A scale that PEFT's whole alphas cannot say is
 * folded into B.
 *
 * @throws AppError `adapter/unsupported` for what is no LoRA adapter, `adapter/wrong-base` for another architecture
 * or a tensor that this one lacks, `adapter/files-missing`, `adapter/config-invalid`, `adapter/not-finite`, `gguf/*`
 */
export async function readGgufAdapter(config: ModelConfig, file: NamedFile): Promise<PeftAdapter> {
  const source = bytesSource(file.bytes, file.name)
  const { metadata, tensors: entries } = await readGgufHeader(source)
  const text = (key: string) => {
    const value = metadata.get(key)
    return typeof value === 'string' ? value : ''
  }
  if (text('general.type') !== 'adapter' || text('adapter.type') !== 'lora') {
    throw unsupportedAdapter('kind', `${text('general.type')} ${text('adapter.type')}`)
  }
  if (text('general.architecture') !== config.family) {
    const architecture = text('general.architecture').slice(0, 80)
    throw wrongBase(`it is for ${architecture}, this model is ${config.family}`, { architecture })
  }
  const alpha = metadata.get('adapter.lora.alpha')
  if (typeof alpha !== 'number' || !Number.isFinite(alpha) || alpha < 0) {
    throw new AppError('adapter/config-invalid', { message: `the GGUF file has alpha ${String(alpha)}` })
  }

  const parts = partsOf(config, [...entries.values()])
  const ranks = new Map([...parts].map(([path, { a }]) => [path, a.shape[0] ?? 0]))
  const rank = Math.max(...ranks.values())
  const whole = alpha === 0 ? rank : wholeAlpha(alpha)
  const tensors = new Map<string, AdapterTensor>()
  const read = async (entry: GgufEntry) => {
    const values = await readGgufTensor(source, entry)
    checkFinite(entry.name, values)
    return values
  }
  for (const [path, { a, b }] of parts) {
    const valuesOfA = await read(a)
    const valuesOfB = await read(b)
    const heads = rotatedHeads(config, `${path}.weight`, b.shape)
    const inOrder = heads === null ? valuesOfB : rowsAsHere(valuesOfB, b.shape, heads)
    // llama.cpp scales by 1, not by 1 / rank, where alpha is 0.
    const factor = alpha === 0 ? (ranks.get(path) ?? 1) / rank : alpha / whole
    tensors.set(`${path}.lora_A`, { shape: a.shape, data: valuesOfA })
    tensors.set(`${path}.lora_B`, { shape: b.shape, data: factor === 1 ? inOrder : inOrder.map((one) => one * factor) })
  }
  const modules = [...parts.keys()]
  return {
    rank,
    alpha: whole,
    useRsLora: false,
    rankPattern: Object.fromEntries([...ranks].filter(([, one]) => one !== rank)),
    alphaPattern: {},
    modules,
    expects: () => false, // the file alone says what it adapts
    // Converters name the base twice over; its own name is the one that people know.
    baseModel: text('plume.base_model') || text('general.base_model.0.name'),
    tensors,
    metadata: new Map([['base_sha256', text('plume.base_sha256')]]),
    notes: effectNotes(modules, tensors),
  }
}

interface Parts {
  readonly a: GgufEntry
  readonly b: GgufEntry
}

/** The two tensors of each adapted linear, by its path. */
function partsOf(config: ModelConfig, entries: readonly GgufEntry[]): ReadonlyMap<string, Parts> {
  const paths = new Map<string, string>()
  for (let layer = 0; layer < config.layers; layer++) {
    for (const linear of linearNamesOf(config)) {
      const path = linearPath(config, layer, linear)
      paths.set(ggufName(`${path}.weight`) ?? '', path)
    }
  }
  const found = new Map<string, Partial<Record<'a' | 'b', GgufEntry>>>()
  for (const entry of entries) {
    const [, base = '', part] = /^(.+)\.lora_([ab])$/.exec(entry.name) ?? []
    if (part !== 'a' && part !== 'b') throw unsupportedAdapter('saved-module', entry.name)
    const path = paths.get(base)
    if (path === undefined && /^(?:output|token_embd)\./.test(base)) {
      throw unsupportedAdapter(base.startsWith('output') ? 'head' : 'embedding', entry.name)
    }
    if (path === undefined) throw wrongBase(`it adapts ${base}, which this model does not have`)
    found.set(path, { ...found.get(path), [part]: entry })
  }
  if (found.size === 0) throw filesMissing('tensors')
  return new Map(
    [...found].map(([path, { a, b }]) => {
      if (!a || !b) throw filesMissing(`${path}.lora_${a ? 'b' : 'a'}`)
      return [path, { a, b }]
    }),
  )
}

function filesMissing(missing: string): AppError {
  return new AppError('adapter/files-missing', { message: `the GGUF file has no ${missing}`, details: { missing } })
}
