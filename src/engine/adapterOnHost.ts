// The current adapter between undertakings: its parameters on the host, laid out as declareAdapter lays them,
// and the way to and from PEFT files.
import { AppError } from '../base/errors'
import { CONFIG_FILE } from '../adapters/adapterArchive'
import { peftFiles, readPeftAdapter, unpackedFiles, type PeftAdapter, type PeftAdapterToWrite } from '../adapters/peft'
import { baseName } from '../formats/fileSource'
import { familyOf, linearNamesOf, linearPath, type LinearName, type ModelConfig } from '../models/config'
import { directionsHolding, singularValuesOfProduct } from '../models/singularValues'
import { declareAdapter, MAX_RANK, sliceOf, type LoraAdapter, type LoraSettings } from '../models/lora'
import { rankTooLarge, sumOfAdapters } from '../models/sumOfAdapters'
import { elementCount } from '../plan/tensor'
import { checkFit } from './adapterFit'
import type { AdapterInfo, LinearInspection, NamedFile } from './api'
import { readGgufAdapter } from './ggufAdapter'
import type { LoadedModel } from './loadedModel'
import { isMlxAdapter, readMlxAdapter } from './mlxAdapter'
import { carriedMetadata, type Provenance, type ProvenanceMetadata } from './provenance'

/** The share of a change that counts as nearly all of it. */
const MOST_ENERGY = 0.9

const UNKNOWN_KEY = 'unknown-key:'

export interface HostAdapter {
  readonly settings: LoraSettings
  readonly parameters: Float32Array
  readonly info: AdapterInfo
  readonly provenance: Provenance | null
  /** Of an adapter that was opened: what its file says of its origin. */
  readonly carried?: ProvenanceMetadata
}

/** What is asked of a model to say what an adapter is on it. */
export type AdaptedModel = Pick<LoadedModel, 'config' | 'info' | 'linearNorms'>

export async function describeAdapter(
  model: AdaptedModel,
  settings: LoraSettings,
  parameters: Float32Array,
  origin: { baseModel: string; baseSha256: string | null; notes: readonly string[] },
): Promise<AdapterInfo> {
  const adapter = declareAdapter(model.config, settings)
  const norms = await model.linearNorms()
  return {
    rank: settings.rank,
    alpha: settings.alpha,
    usesRsLora: settings.usesRsLora,
    targets: adapter.settings.targets,
    parameters: parameterCountOf(adapter, parameters),
    ...origin,
    matchesBaseHash: origin.baseSha256 === model.info.sha256,
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

/** Without the padding, and without detours that only fill a place. */
function parameterCountOf({ pairs }: LoraAdapter, parameters: Float32Array): number {
  const filled = pairs.filter(({ a, b }) =>
    [a, b].some((tensor) => sliceOf(parameters, tensor).some((value) => value !== 0)),
  )
  return filled.reduce((sum, { a, b }) => sum + elementCount(a) + elementCount(b), 0)
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

/** adapter_config.json and adapter_model.safetensors of any parameters, also of an adapter that changes nothing yet. */
export function peftFolderOf(model: Pick<LoadedModel, 'config' | 'info'>, contents: PeftContents): NamedFile[] {
  return peftFiles(peftAdapterOf(model, contents))
}

interface PeftContents {
  readonly settings: LoraSettings
  readonly parameters: Float32Array
  readonly dropout: number
  readonly metadata: ProvenanceMetadata
}

/** The parameters under the names that PEFT has for them. */
export function peftAdapterOf(
  { config, info }: Pick<LoadedModel, 'config' | 'info'>,
  { settings, parameters, dropout, metadata }: PeftContents,
): PeftAdapterToWrite {
  const declared = declareAdapter(config, settings)
  return {
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
  }
}

/**
 * Reads a PEFT folder or one of mlx-lm (its files or one zip), or a GGUF adapter, for this model.
 *
 * @throws AppError `adapter/*`, `file/*`, `safetensors/*`, `gguf/*`
 */
export async function readHostAdapter(model: AdaptedModel, files: readonly NamedFile[]): Promise<HostAdapter> {
  const peft = await readAsPeft(model.config, unpackedFiles(files))
  const baseSha256 = peft.metadata.get('base_sha256') || null
  const { settings, parameters } = fitOrExplain(model, peft, baseSha256)
  // What else the reader noted shows in `hasEffect` and `targets`.
  const notes = peft.notes.flatMap((note) => (note.startsWith(UNKNOWN_KEY) ? [note.slice(UNKNOWN_KEY.length)] : []))
  const origin = { baseModel: peft.baseModel, baseSha256, notes }
  const info = await describeAdapter(model, settings, parameters, origin)
  return { settings, parameters, info, provenance: null, carried: carriedMetadata(peft.metadata) }
}

/** What a person would call it: the archive or the weights file without its ending, or the folder they are in. */
export function nameOfFiles(files: readonly NamedFile[]): string {
  const folder = files.map((file) => /([^/]+)\/[^/]+$/.exec(file.name)?.[1]).find((found) => found !== undefined)
  const file = files.find(({ name }) => /\.(?:zip|gguf|safetensors)$/i.test(name)) ?? files[0]
  return folder ?? baseName(file?.name ?? '').replace(/\.\w+$/, '')
}

/** The weighted sum as an adapter of its own. @throws AppError `adapter/rank-too-large` */
export async function combineHostAdapters(
  model: AdaptedModel,
  terms: readonly (HostAdapter & { readonly weight: number })[],
): Promise<HostAdapter> {
  const { settings, parameters } = sumOfAdapters(model.config, terms)
  // The sum belongs to this base as far as each of its terms does.
  const isOfThisBase = terms.every(({ info }) => info.matchesBaseHash)
  const origin = { baseModel: model.info.id, baseSha256: isOfThisBase ? model.info.sha256 : null, notes: [] }
  const info = await describeAdapter(model, settings, parameters, origin)
  return { settings, parameters, info, provenance: null }
}

/** The adapter in these files, without looking at the model's weights. @throws AppError as `readHostAdapter` */
export async function readLaidOut(config: ModelConfig, files: readonly NamedFile[]): Promise<LaidOut> {
  return fitAdapter(config, await readAsPeft(config, unpackedFiles(files)))
}

/** Adds to what does not fit which base the file names. */
function fitOrExplain({ config, info }: AdaptedModel, peft: PeftAdapter, baseSha256: string | null): FittedAdapter {
  try {
    return fitAdapter(config, peft)
  } catch (cause) {
    if (!(cause instanceof AppError) || cause.code !== 'adapter/wrong-base') throw cause
    const namesOtherHash = baseSha256 !== null && baseSha256 !== info.sha256
    const details = { ...cause.details, namedBase: peft.baseModel, openBase: info.id, namesOtherHash }
    throw new AppError('adapter/wrong-base', { message: cause.message, details, cause })
  }
}

/** Each format as PEFT would have it. */
function readAsPeft(config: ModelConfig, files: readonly NamedFile[]): Promise<PeftAdapter> {
  if (isMlxAdapter(files)) return readMlxAdapter(files)
  const hasConfig = files.some(({ name }) => baseName(name) === CONFIG_FILE)
  const gguf = hasConfig ? undefined : files.find(({ name }) => name.toLowerCase().endsWith('.gguf'))
  return gguf ? readGgufAdapter(config, gguf) : readPeftAdapter(files)
}

/** An adapter and its parameters, laid out as it says. */
export interface LaidOut {
  readonly adapter: LoraAdapter
  readonly parameters: Float32Array
}

export interface FittedAdapter extends LaidOut {
  readonly settings: LoraSettings
}

/**
 * Lays a PEFT adapter out for a model of this shape. A linear that it adapts in some layers only gets a detour of rank 1
 * without effect in the others.
 *
 * @throws AppError `adapter/wrong-base` naming what does not fit, `adapter/unsupported` for parts that have no place
 * here, `adapter/rank-too-large`
 */
export function fitAdapter(config: ModelConfig, peft: PeftAdapter): FittedAdapter {
  checkFit(config, peft)
  const largest = Math.max(peft.rank, ...Object.values(peft.rankPattern))
  if (largest > MAX_RANK) throw rankTooLarge(largest)
  const adapted = new Set(peft.modules)
  const pathsOf = (name: LinearName) =>
    Array.from({ length: config.layers }, (_, layer) => linearPath(config, layer, name))
  const targets = linearNamesOf(config).filter((name) => pathsOf(name).some((path) => adapted.has(path)))
  const without = targets.flatMap((name) => pathsOf(name).filter((path) => !adapted.has(path)))
  const rankPattern = { ...Object.fromEntries(without.map((path) => [path, 1])), ...peft.rankPattern }
  const settings: LoraSettings = {
    rank: peft.rank,
    alpha: peft.alpha,
    usesRsLora: peft.useRsLora,
    targets,
    ...(hasKeys(rankPattern) && { rankPattern }),
    ...(hasKeys(peft.alphaPattern) && { alphaPattern: peft.alphaPattern }),
  }
  const adapter = declareAdapter(config, settings)
  const parameters = new Float32Array(elementCount(adapter.parameters))
  for (const { layer, linear, a, b } of adapter.pairs) {
    const path = linearPath(config, layer, linear)
    for (const [tensor, part] of [[a, 'lora_A'] as const, [b, 'lora_B'] as const]) {
      const found = peft.tensors.get(`${path}.${part}`)
      if (found) sliceOf(parameters, tensor).set(found.data)
    }
  }
  return { settings, adapter, parameters }
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
