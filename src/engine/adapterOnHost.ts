// The current adapter between undertakings: its parameters on the host, laid out as declareAdapter lays them,
// and the way to and from PEFT files.
import { AppError } from '../base/errors'
import { CONFIG_FILE, writeAdapterArchive } from '../adapters/adapterArchive'
import { adapterCard } from '../adapters/adapterCard'
import { peftFiles, readPeftAdapter, unpackedFiles, wrongBase, type PeftAdapter } from '../adapters/peft'
import { baseName } from '../formats/fileSource'
import { familyOf, linearNamesOf, linearPath, type LinearName, type ModelConfig } from '../models/config'
import { directionsHolding, singularValuesOfProduct } from '../models/singularValues'
import { declareAdapter, sliceOf, trainableCount, type LoraAdapter, type LoraSettings } from '../models/lora'
import { elementCount } from '../plan/tensor'
import type { RunResult, TrainingSettings } from '../training/types'
import type { AdapterExport, AdapterInfo, LinearInspection, NamedFile } from './api'
import { readGgufAdapter, writeGgufAdapter } from './ggufAdapter'
import type { LoadedModel } from './loadedModel'
import { isMlxAdapter, readMlxAdapter, writeMlxAdapter } from './mlxAdapter'

/** The share of a change that counts as nearly all of it. */
const MOST_ENERGY = 0.9

const UNKNOWN_KEY = 'unknown-key:'
const GGUF_FILE = 'plume-adapter.gguf'
const MLX_FILE = 'plume-adapter-mlx.zip'

/** How an adapter came to be: for its card and its metadata. */
export interface Provenance {
  readonly settings: TrainingSettings
  readonly result: RunResult
  readonly corpusName: string
}

export interface HostAdapter {
  readonly settings: LoraSettings
  readonly parameters: Float32Array
  readonly info: AdapterInfo
  readonly provenance: Provenance | null
}

export async function describeAdapter(
  model: LoadedModel,
  settings: LoraSettings,
  parameters: Float32Array,
  origin: { baseModel: string; matchesBaseHash: boolean; notes: readonly string[] },
): Promise<AdapterInfo> {
  const adapter = declareAdapter(model.config, settings)
  const norms = await model.linearNorms()
  return {
    rank: settings.rank,
    alpha: settings.alpha,
    usesRsLora: settings.usesRsLora,
    targets: adapter.settings.targets,
    parameters: trainableCount(adapter),
    ...origin,
    hasEffect: adapter.pairs.some(({ b }) => sliceOf(parameters, b).some((value) => value !== 0)),
    movement: adapter.pairs.map(({ layer, linear, rank, scale, a, b }) => ({
      layer,
      linear,
      share:
        (scale * productNorm(sliceOf(parameters, a), sliceOf(parameters, b), rank)) /
        (norms.get(linearPath(model.config, layer, linear)) ?? Number.NaN),
    })),
  }
}

/** Singular values of scale B A on one linear, falling; null where the adapter has none there. */
export function singularValuesOf(
  config: ModelConfig,
  { settings, parameters }: HostAdapter,
  place: { layer: number; linear: LinearName },
): LinearInspection['singular'] {
  const pair = declareAdapter(config, settings).pairs.find((one) => {
    return one.layer === place.layer && one.linear === place.linear
  })
  if (!pair) return null
  const values = singularValuesOfProduct(sliceOf(parameters, pair.b), sliceOf(parameters, pair.a), pair.rank)
  return { values: Array.from(values, (value) => pair.scale * value), needed: directionsHolding(values, MOST_ENERGY) }
}

/**
 * The adapter as a PEFT folder, proven: the files are read back by the strict reader and every value compared.
 *
 * @throws AppError `adapter/not-finite` for NaN or infinite values, `adapter/no-effect` when every B is zero.
 */
export async function exportHostAdapter(model: LoadedModel, adapter: HostAdapter): Promise<AdapterExport> {
  const { settings, parameters, info, provenance } = adapter
  if (!info.hasEffect) throw new AppError('adapter/no-effect', { message: 'every B is zero' })
  const { config } = model
  const declared = declareAdapter(config, settings)
  const folder = peftFolderOf(model, {
    settings,
    parameters,
    dropout: provenance?.settings.dropout ?? 0,
    metadata: {
      made_with: 'Plume',
      base_sha256: model.info.sha256,
      ...(provenance ? { train_config: JSON.stringify(provenance.settings), corpus: provenance.corpusName } : {}),
    },
  })
  const readBack = fitAdapter(config, await readPeftAdapter(folder))
  if (readBack.parameters.some((value, index) => value !== parameters[index])) {
    throw new AppError('unexpected', { message: 'the written adapter reads back differently' })
  }
  const files: NamedFile[] = [
    ...folder,
    { name: 'README.md', bytes: adapterCard({ info, model: model.info, provenance }) },
  ]
  const gguf = { name: GGUF_FILE, bytes: writeGgufAdapter(model, declared, parameters) }
  if (!actsLike(fitAdapter(config, await readGgufAdapter(config, gguf)), { adapter: declared, parameters })) {
    throw new AppError('unexpected', { message: 'the written GGUF adapter reads back differently' })
  }
  return {
    files,
    zip: writeAdapterArchive(files),
    gguf,
    mlx: await mlxZip(model, declared, parameters),
    info,
    isVerified: true,
  }
}

/** For mlx-lm, read back; null where it does not know the model's names. */
async function mlxZip(model: LoadedModel, adapter: LoraAdapter, parameters: Float32Array): Promise<NamedFile | null> {
  const files = writeMlxAdapter(model, adapter, parameters)
  if (!files) return null
  if (!actsLike(fitAdapter(model.config, await readMlxAdapter(files)), { adapter, parameters })) {
    throw new AppError('unexpected', { message: 'the written MLX adapter reads back differently' })
  }
  return { name: MLX_FILE, bytes: writeAdapterArchive(files) }
}

/** adapter_config.json and adapter_model.safetensors of any parameters, also of an adapter that changes nothing yet. */
export function peftFolderOf(
  { config, info }: Pick<LoadedModel, 'config' | 'info'>,
  {
    settings,
    parameters,
    dropout,
    metadata,
  }: {
    readonly settings: LoraSettings
    readonly parameters: Float32Array
    readonly dropout: number
    readonly metadata: Readonly<Record<string, string>>
  },
): NamedFile[] {
  const declared = declareAdapter(config, settings)
  return peftFiles({
    rank: settings.rank,
    alpha: settings.alpha,
    useRsLora: settings.usesRsLora,
    ...(settings.rankPattern && { rankPattern: settings.rankPattern }),
    ...(settings.alphaPattern && { alphaPattern: settings.alphaPattern }),
    fanInFanOut: familyOf(config).isTransposed,
    dropout,
    targets: declared.settings.targets,
    baseModel: info.id,
    tensors: declared.pairs.flatMap(({ layer, linear, a, b }) => [
      { name: `${linearPath(config, layer, linear)}.lora_A`, shape: a.shape, data: sliceOf(parameters, a) },
      { name: `${linearPath(config, layer, linear)}.lora_B`, shape: b.shape, data: sliceOf(parameters, b) },
    ]),
    metadata,
  })
}

/**
 * Reads a PEFT folder or one of mlx-lm (its files or one zip), or a GGUF adapter, for this model.
 *
 * @throws AppError `adapter/*`, `file/*`, `safetensors/*`, `gguf/*`
 */
export async function readHostAdapter(model: LoadedModel, files: readonly NamedFile[]): Promise<HostAdapter> {
  const peft = await readAsPeft(model.config, unpackedFiles(files))
  const { settings, parameters } = fitAdapter(model.config, peft)
  const matchesBaseHash = peft.metadata.get('base_sha256') === model.info.sha256
  // What else the reader noted shows in `hasEffect` and `targets`.
  const notes = peft.notes.flatMap((note) => (note.startsWith(UNKNOWN_KEY) ? [note.slice(UNKNOWN_KEY.length)] : []))
  const origin = { baseModel: peft.baseModel, matchesBaseHash, notes }
  const info = await describeAdapter(model, settings, parameters, origin)
  return { settings, parameters, info, provenance: null }
}

/** Each format as PEFT would have it. */
function readAsPeft(config: ModelConfig, files: readonly NamedFile[]): Promise<PeftAdapter> {
  if (isMlxAdapter(files)) return readMlxAdapter(files)
  const hasConfig = files.some(({ name }) => baseName(name) === CONFIG_FILE)
  const gguf = hasConfig ? undefined : files.find(({ name }) => name.toLowerCase().endsWith('.gguf'))
  return gguf ? readGgufAdapter(config, gguf) : readPeftAdapter(files)
}

/** An adapter and its parameters, laid out as it says. */
interface LaidOut {
  readonly adapter: LoraAdapter
  readonly parameters: Float32Array
}

/**
 * True when A is the same and scale·B too, but for the rounding of a scale that was folded into B, and for zeros with
 * which a format fills up smaller ranks.
 */
function actsLike(read: LaidOut, written: LaidOut): boolean {
  return written.adapter.pairs.every((pair, index) => {
    const other = read.adapter.pairs[index]
    if (!other || other.layer !== pair.layer || other.linear !== pair.linear || other.rank < pair.rank) return false
    const a = sliceOf(written.parameters, pair.a)
    const b = sliceOf(written.parameters, pair.b)
    const readA = sliceOf(read.parameters, other.a)
    const readB = sliceOf(read.parameters, other.b)
    // Four roundings of 2^-24: scale, its quotient, and B twice.
    const isClose = (value: number, expected: number) => Math.abs(value - expected) <= 2 ** -22 * Math.abs(expected)
    return (
      readA.every((value, i) => value === (a[i] ?? 0)) &&
      readB.every((value, i) => {
        const column = i % other.rank
        const own = column < pair.rank ? b[((i - column) / other.rank) * pair.rank + column]! : 0
        return isClose(value * other.scale, own * pair.scale)
      })
    )
  })
}

/**
 * Lays a PEFT adapter out for a model of this shape.
 *
 * @throws AppError `adapter/wrong-base` naming what does not fit.
 */
export function fitAdapter(config: ModelConfig, peft: PeftAdapter): LaidOut & { readonly settings: LoraSettings } {
  const adapted = new Set(peft.modules)
  const isAdapted = (name: LinearName) =>
    Array.from({ length: config.layers }, (_, layer) => linearPath(config, layer, name)).some((path) =>
      adapted.has(path),
    )
  const targets = linearNamesOf(config).filter(isAdapted)
  if (targets.length === 0) throw wrongBase(`it adapts ${peft.modules[0]}, which this model does not have`)
  const settings: LoraSettings = {
    rank: peft.rank,
    alpha: peft.alpha,
    usesRsLora: peft.useRsLora,
    targets,
    ...(hasKeys(peft.rankPattern) && { rankPattern: peft.rankPattern }),
    ...(hasKeys(peft.alphaPattern) && { alphaPattern: peft.alphaPattern }),
  }
  const adapter = declareAdapter(config, settings)
  return { settings, adapter, parameters: fillParameters(config, adapter, peft) }
}

function fillParameters(config: ModelConfig, adapter: LoraAdapter, peft: PeftAdapter): Float32Array {
  const parameters = new Float32Array(elementCount(adapter.parameters))
  const left = new Set(peft.tensors.keys())
  for (const { layer, linear, a, b } of adapter.pairs) {
    for (const [tensor, part] of [[a, 'lora_A'] as const, [b, 'lora_B'] as const]) {
      const name = `${linearPath(config, layer, linear)}.${part}`
      const found = peft.tensors.get(name)
      if (!found) throw wrongBase(`it has no ${name}`)
      if (found.shape.join() !== tensor.shape.join()) {
        throw wrongBase(`${name} is [${found.shape.join(', ')}], this model needs [${tensor.shape.join(', ')}]`)
      }
      sliceOf(parameters, tensor).set(found.data)
      left.delete(name)
    }
  }
  const [surplus] = left
  if (surplus !== undefined) throw wrongBase(`it also holds ${surplus}, which this model does not have`)
  return parameters
}

function hasKeys(pattern: Readonly<Record<string, number>>): boolean {
  return Object.keys(pattern).length > 0
}

/** ||B A|| without forming it: sqrt(sum((B'B) * (A A'))). a [R, inputs], b [outputs, R]. */
export function productNorm(a: Float32Array, b: Float32Array, rank: number): number {
  const inputs = a.length / rank
  const outputs = b.length / rank
  let sum = 0
  for (let r = 0; r < rank; r++) {
    for (let s = r; s < rank; s++) {
      let left = 0
      for (let o = 0; o < outputs; o++) left += b[o * rank + r]! * b[o * rank + s]!
      let right = 0
      for (let i = 0; i < inputs; i++) right += a[r * inputs + i]! * a[s * inputs + i]!
      sum += (r === s ? 1 : 2) * left * right
    }
  }
  return Math.sqrt(Math.max(0, sum))
}
