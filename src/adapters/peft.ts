// An adapter as a PEFT folder: adapter_config.json and adapter_model.safetensors. Or as one file: the same weights,
// with the config as a string in their header.
//
// Keys are base_model.model.<module path>.lora_A.weight, A is [rank, inputs] and B is [outputs, rank], both
// row-major, for Llama and GPT-2 alike. Source: PEFT 0.19, tuners/lora and utils/save_and_load.
import { bytesOf, decodeUtf8, encodeUtf8, isFiniteFloat32 } from '../base/bytes'
import { AppError, type ErrorDetails } from '../base/errors'
import { floatsToHalves, LARGEST_HALF } from '../base/float16'
import { valueForModule } from '../base/modulePattern'
import { foreignFormatError, RECOGNITION_BYTES, recognizeFormat } from '../base/fileFormat'
import { baseName, bytesSource } from '../formats/fileSource'
import {
  float32Tensor,
  type NamedTensor,
  readSafetensorsHeader,
  readTensor,
  serializeSafetensors,
  toFloat32,
} from '../formats/safetensors'
import { CONFIG_FILE, type NamedFile, readAdapterArchive, WEIGHTS_FILE } from './adapterArchive'
import { type PeftConfig, type PeftConfigToWrite, readPeftConfig, writePeftConfig } from './peftConfig'
import { unsupportedAdapter, type UnsupportedReason } from './refusals'

export interface AdapterTensor {
  /** A: [rank, inputs]. B: [outputs, rank]. */
  readonly shape: readonly number[]
  readonly data: Float32Array
}

export interface PeftAdapterToWrite extends PeftConfigToWrite {
  /** name: `<module path>.lora_A` or `.lora_B`, such as model.layers.0.self_attn.q_proj.lora_A. */
  readonly tensors: readonly (AdapterTensor & { readonly name: string })[]
  /** Provenance, kept in the header of the weights. */
  readonly metadata?: Readonly<Record<string, string>>
  /** float32 where nothing is said. */
  readonly dtype?: AdapterDType
}

export type AdapterDType = 'float32' | 'float16'

/** Where the one file holds what would be adapter_config.json. Ours: PEFT reads no config from there. */
export const CONFIG_KEY = 'adapter_config'

export interface PeftAdapter {
  readonly rank: number
  /** A whole number, as are those of `alphaPattern`: what a file has besides is folded into B. */
  readonly alpha: number
  readonly useRsLora: boolean
  readonly rankPattern: Readonly<Record<string, number>>
  readonly alphaPattern: Readonly<Record<string, number>>
  /** The paths of the adapted modules, such as model.layers.0.self_attn.q_proj, in the order of the file. */
  readonly modules: readonly string[]
  /** True for a module that the file says it adapts: where its weights are missing, the file is not whole. */
  readonly expects: (path: string) => boolean
  /** As the file names it; may be empty. Foreign text, only ever shown. */
  readonly baseModel: string
  /** By `<module path>.lora_A` and `.lora_B`. */
  readonly tensors: ReadonlyMap<string, AdapterTensor>
  readonly metadata: ReadonlyMap<string, string>
  /** `no-effect` when every B is zero, `unknown-key:<name>` and `unused-target:<name>` from the config. */
  readonly notes: string[]
}

const PREFIX = 'base_model.model.'

/**
 * @throws AppError `adapter/not-finite`, `adapter/beyond-half` for a value that float16 cannot hold, or
 * `run/settings-invalid` when alpha is not a whole number.
 */
export function peftFiles(adapter: PeftAdapterToWrite): NamedFile[] {
  return [
    { name: CONFIG_FILE, bytes: writePeftConfig(adapter) },
    { name: WEIGHTS_FILE, bytes: weightsOf(adapter) },
  ]
}

/** The same as one file that needs no other. @throws AppError as `peftFiles` */
export function selfContainedPeftFile(adapter: PeftAdapterToWrite, name: string): NamedFile {
  const config = JSON.stringify(JSON.parse(decodeUtf8(writePeftConfig(adapter))))
  return { name, bytes: weightsOf({ ...adapter, metadata: { ...adapter.metadata, [CONFIG_KEY]: config } }) }
}

function weightsOf({ tensors, metadata = {}, dtype = 'float32' }: PeftAdapterToWrite): Uint8Array<ArrayBuffer> {
  for (const { name, data } of tensors) checkFinite(name, data)
  const named = tensors.map((tensor) => {
    const name = `${PREFIX}${tensor.name}.weight`
    return dtype === 'float32' ? float32Tensor(name, tensor.shape, tensor.data) : float16Tensor(name, tensor)
  })
  return serializeSafetensors(named, { ...metadata, format: 'pt' })
}

function float16Tensor(name: string, { shape, data }: AdapterTensor): NamedTensor {
  if (data.some((value) => Math.abs(value) > LARGEST_HALF)) {
    throw new AppError('adapter/beyond-half', {
      message: `${name} holds a value beyond ${LARGEST_HALF}`,
      details: { tensor: name },
    })
  }
  return { name, dtype: 'F16', shape, bytes: bytesOf(floatsToHalves(data)) }
}

/**
 * Reads the files of a folder, one zip that holds them, or a file that holds its config itself. Whether it fits a
 * model is for others to say.
 *
 * @throws AppError `adapter/*`, `safetensors/*`, `file/*`.
 */
export async function readPeftAdapter(files: readonly NamedFile[]): Promise<PeftAdapter> {
  const unpacked = unpackedFiles(files)
  const { config: configFile, weights } = (await selfContained(unpacked)) ?? findFiles(unpacked)
  const config = readPeftConfig(configFile.bytes)
  const source = bytesSource(weights.bytes, baseName(weights.name))
  const header = await readSafetensorsHeader(source)
  const tensors = new Map<string, AdapterTensor>()
  const adapterNames = new Set<string>()
  for (const fileName of header.tensors.keys()) {
    const { name, adapterName } = moduleTensorName(fileName)
    if (adapterName !== '') adapterNames.add(adapterName)
    if (tensors.has(name)) {
      throw new AppError('safetensors/duplicate-name', {
        message: `${fileName} and another tensor are both ${name}`,
        details: { name: source.name, tensor: name },
      })
    }
    const { shape, ...tensor } = await readTensor(source, header, fileName)
    const data = toFloat32({ shape, ...tensor })
    checkFinite(name, data)
    tensors.set(name, { shape, data })
  }
  if (adapterNames.size > 1) throw unsupportedAdapter('two-adapters', [...adapterNames].join(', '))
  const modules = checkPairs(tensors, config)
  foldAlphas(tensors, modules, config)
  return {
    rank: config.rank,
    alpha: wholeAlpha(config.alpha),
    useRsLora: config.useRsLora,
    rankPattern: config.rankPattern,
    alphaPattern: Object.fromEntries(Object.entries(config.alphaPattern).map(([key, one]) => [key, wholeAlpha(one)])),
    modules,
    expects: (path) => isTarget(path, config),
    baseModel: config.baseModel,
    tensors,
    metadata: header.metadata,
    notes: [...config.notes, ...checkTargets(modules, config), ...effectNotes(modules, tensors)],
  }
}

/** The whole number that stands for an alpha: what is written can only say those. */
export function wholeAlpha(alpha: number): number {
  return Math.max(1, Math.round(alpha))
}

/** Multiplies each B by what its alpha has beside a whole number. */
function foldAlphas(
  tensors: Map<string, AdapterTensor>,
  modules: readonly string[],
  { alpha, alphaPattern }: PeftConfig,
): void {
  for (const path of modules) {
    const own = valueForModule(alphaPattern, path) ?? alpha
    const b = tensors.get(`${path}.lora_B`)
    if (!b || own === wholeAlpha(own)) continue
    const factor = own / wholeAlpha(own)
    tensors.set(`${path}.lora_B`, { shape: b.shape, data: b.data.map((value) => value * factor) })
  }
}

/** `no-effect` when every B is zero. */
export function effectNotes(modules: readonly string[], tensors: ReadonlyMap<string, AdapterTensor>): string[] {
  const hasEffect = modules.some((path) => tensors.get(`${path}.lora_B`)?.data.some((value) => value !== 0))
  return hasEffect ? [] : ['no-effect']
}

/** The files in a zip where that is all there is, else the files themselves. @throws AppError as `readAdapterArchive` */
export function unpackedFiles(files: readonly NamedFile[]): readonly NamedFile[] {
  const [only] = files
  return files.length === 1 && only && formatOf(only) === 'zip' ? readAdapterArchive(only.bytes) : files
}

/** A config and weights out of one file; null where the files are no such one. @throws AppError `safetensors/*` */
async function selfContained(files: readonly NamedFile[]): Promise<PeftFolder | null> {
  if (files.some(({ name }) => baseName(name) === CONFIG_FILE)) return null
  const [weights, ...others] = files.filter(({ name }) => name.toLowerCase().endsWith('.safetensors'))
  if (!weights || others.length > 0 || formatOf(weights) !== undefined) return null
  const { metadata } = await readSafetensorsHeader(bytesSource(weights.bytes, baseName(weights.name)))
  const config = metadata.get(CONFIG_KEY)
  return config === undefined ? null : { config: { name: CONFIG_FILE, bytes: encodeUtf8(config) }, weights }
}

interface PeftFolder {
  readonly config: NamedFile
  readonly weights: NamedFile
}

function findFiles(files: readonly NamedFile[]): PeftFolder {
  const find = (name: string): NamedFile | undefined => files.find((file) => baseName(file.name) === name)
  const config = find(CONFIG_FILE)
  const weights = find(WEIGHTS_FILE)
  if (config && weights) return { config, weights }
  // Something else stands where the weights should be: say what it is.
  for (const file of files) {
    const format = formatOf(file)
    if (format !== undefined) throw foreignFormatError(baseName(file.name), format)
  }
  const missing = config ? WEIGHTS_FILE : CONFIG_FILE
  throw new AppError('adapter/files-missing', { message: `no ${missing}`, details: { missing } })
}

function formatOf({ bytes }: NamedFile) {
  return recognizeFormat(bytes.subarray(0, RECOGNITION_BYTES))
}

/** What wrappers of training leave in names: torch.compile, FSDP, activation checkpointing. */
const WRAPPERS = /(^|\.)(?:_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module)(?=\.)/g

/** The key of a tensor without prefixes and suffix, and the name of its adapter, which older files have in it. */
function moduleTensorName(fileName: string): { readonly name: string; readonly adapterName: string } {
  const match = /^(.{1,400})\.(lora_[AB])(?:\.([\w-]{1,80}))?\.weight$/.exec(fileName)
  if (match === null) throw unsupportedAdapter(reasonOf(fileName), fileName)
  const [, found = '', part = '', adapterName = ''] = match
  let path = found.replace(WRAPPERS, '').replace(/^\./, '')
  while (path.startsWith(PREFIX)) path = path.slice(PREFIX.length) // twice where a wrapped model was wrapped again
  return { name: `${path}.${part}`, adapterName }
}

/** What a tensor is that is no half of a pair. */
function reasonOf(fileName: string): UnsupportedReason {
  if (fileName.includes('lora_magnitude_vector')) return 'dora'
  if (fileName.includes('lora_embedding_')) return 'embedding'
  if (/\.lora_[AB]\.(?:[\w-]+\.)?bias$|\.bias$/.test(fileName)) return 'bias'
  if (/lora_|ada_|\.hada_|prompt/.test(fileName)) return 'names'
  return 'saved-module'
}

/** The module paths, each with an A and a B of the rank that the config gives it. */
function checkPairs(tensors: ReadonlyMap<string, AdapterTensor>, config: PeftConfig): string[] {
  const paths = new Set([...tensors.keys()].map((name) => name.replace(/\.lora_[AB]$/, '')))
  if (paths.size === 0) {
    throw new AppError('adapter/files-missing', {
      message: 'weights without a tensor',
      details: { missing: WEIGHTS_FILE },
    })
  }
  for (const path of paths) {
    const a = tensors.get(`${path}.lora_A`)
    const b = tensors.get(`${path}.lora_B`)
    if (a === undefined || b === undefined) {
      const missing = `${path}.${a === undefined ? 'lora_A' : 'lora_B'}`
      throw new AppError('adapter/files-missing', { message: `no ${missing}`, details: { missing } })
    }
    const rank = valueForModule(config.rankPattern, path) ?? config.rank
    const isPair = a.shape.length === 2 && b.shape.length === 2 && a.shape[0] === rank && b.shape[1] === rank
    if (!isPair || a.data.length === 0 || b.data.length === 0) {
      throw new AppError('adapter/config-invalid', {
        message: `${path} has A [${a.shape.join(', ')}] and B [${b.shape.join(', ')}]; expected [${rank}, inputs] and [outputs, ${rank}]`,
        details: { module: path, rank },
      })
    }
  }
  return [...paths]
}

/** Every adapted module must be a target; a target without a module is worth a note. */
function checkTargets(modules: readonly string[], { targets }: PeftConfig): string[] {
  if (targets === null || targets.includes('all-linear')) return []
  const surplus = modules.find((path) => !targets.some((target) => endsWith(path, target)))
  if (surplus !== undefined) {
    throw new AppError('adapter/config-invalid', {
      message: `weights for ${surplus}, which is none of the target_modules`,
      details: { module: surplus },
    })
  }
  const unused = targets.filter((target) => !modules.some((path) => endsWith(path, target)))
  return unused.map((target) => `unused-target:${target}`).slice(0, 20)
}

function isTarget(path: string, { targets, layers }: PeftConfig): boolean {
  if (targets === null || (layers && !layers.includes(layerOf(path)))) return false
  return targets.some((target) => target === 'all-linear' || endsWith(path, target))
}

function endsWith(path: string, target: string): boolean {
  return path === target || path.endsWith(`.${target}`)
}

/** The number of the layer that a module is in; -1 for one outside the layers. */
export function layerOf(path: string): number {
  return Number(/\.(\d{1,6})\./.exec(path)?.[1] ?? -1)
}

/** @throws AppError `adapter/not-finite` */
export function checkFinite(name: string, data: Float32Array): void {
  if (isFiniteFloat32(data)) return
  throw new AppError('adapter/not-finite', { message: `${name} holds NaN or infinity`, details: { tensor: name } })
}

/** The adapter is for another model: `what` says by which part, for a developer; `details` for a person. */
export function wrongBase(what: string, details: ErrorDetails = {}): AppError {
  return new AppError('adapter/wrong-base', { message: what, details: { what, ...details } })
}
