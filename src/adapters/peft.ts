// An adapter as a PEFT folder: adapter_config.json and adapter_model.safetensors.
//
// Keys are base_model.model.<module path>.lora_A.weight, A is [rank, inputs] and B is [outputs, rank], both
// row-major, for Llama and GPT-2 alike. Source: PEFT 0.19, tuners/lora and utils/save_and_load.
import { isFiniteFloat32 } from '../base/bytes'
import { AppError } from '../base/errors'
import { valueForModule } from '../base/modulePattern'
import { foreignFormatError, RECOGNITION_BYTES, recognizeFormat } from '../base/fileFormat'
import { baseName, bytesSource } from '../formats/fileSource'
import {
  float32Tensor,
  readSafetensorsHeader,
  readTensor,
  serializeSafetensors,
  toFloat32,
} from '../formats/safetensors'
import { CONFIG_FILE, type NamedFile, readAdapterArchive, WEIGHTS_FILE } from './adapterArchive'
import { type PeftConfig, type PeftConfigToWrite, readPeftConfig, writePeftConfig } from './peftConfig'

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
}

export interface PeftAdapter {
  readonly rank: number
  readonly alpha: number
  readonly useRsLora: boolean
  readonly rankPattern: Readonly<Record<string, number>>
  readonly alphaPattern: Readonly<Record<string, number>>
  /** The paths of the adapted modules, such as model.layers.0.self_attn.q_proj, in the order of the file. */
  readonly modules: readonly string[]
  /** As the file names it; may be empty. Foreign text, only ever shown. */
  readonly baseModel: string
  /** By `<module path>.lora_A` and `.lora_B`. */
  readonly tensors: ReadonlyMap<string, AdapterTensor>
  readonly metadata: ReadonlyMap<string, string>
  /** `no-effect` when every B is zero, `unknown-key:<name>` and `unused-target:<name>` from the config. */
  readonly notes: string[]
}

const PREFIX = 'base_model.model.'

/** @throws AppError `adapter/not-finite`, or `run/settings-invalid` when alpha is not a whole number. */
export function peftFiles({ tensors, metadata = {}, ...config }: PeftAdapterToWrite): NamedFile[] {
  for (const { name, data } of tensors) checkFinite(name, data)
  const named = tensors.map(({ name, shape, data }) => float32Tensor(`${PREFIX}${name}.weight`, shape, data))
  return [
    { name: CONFIG_FILE, bytes: writePeftConfig(config) },
    { name: WEIGHTS_FILE, bytes: serializeSafetensors(named, { ...metadata, format: 'pt' }) },
  ]
}

/**
 * Reads the files of a folder, or one zip that holds them. Whether it fits a model is for others to say.
 *
 * @throws AppError `adapter/*`, `safetensors/*`, `file/*`.
 */
export async function readPeftAdapter(files: readonly NamedFile[]): Promise<PeftAdapter> {
  const { config: configFile, weights } = findFiles(files)
  const config = readPeftConfig(configFile.bytes)
  const source = bytesSource(weights.bytes, baseName(weights.name))
  const header = await readSafetensorsHeader(source)
  const tensors = new Map<string, AdapterTensor>()
  for (const fileName of header.tensors.keys()) {
    const name = moduleTensorName(fileName)
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
  const modules = checkPairs(tensors, config)
  return {
    rank: config.rank,
    alpha: config.alpha,
    useRsLora: config.useRsLora,
    rankPattern: config.rankPattern,
    alphaPattern: config.alphaPattern,
    modules,
    baseModel: config.baseModel,
    tensors,
    metadata: header.metadata,
    notes: [...config.notes, ...checkTargets(modules, config), ...effectNotes(modules, tensors)],
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

function findFiles(files: readonly NamedFile[]): { config: NamedFile; weights: NamedFile } {
  const unpacked = unpackedFiles(files)
  if (unpacked !== files) return findFiles(unpacked)
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

/** The key of a tensor without its prefix, its suffix and the adapter name `default` of older files. */
function moduleTensorName(fileName: string): string {
  const match = /^(.+)\.(lora_[AB])(?:\.default)?\.weight$/.exec(fileName)
  if (match === null) {
    // DoRA's magnitudes, embeddings, saved modules, biases, and MLX with its lower-case lora_a.
    throw new AppError('adapter/unsupported', {
      message: `the tensor ${fileName.slice(0, 120)} is neither lora_A.weight nor lora_B.weight`,
      details: { reason: fileName.slice(0, 120) },
    })
  }
  const [, path = '', part = ''] = match
  return `${path.startsWith(PREFIX) ? path.slice(PREFIX.length) : path}.${part}`
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
  if (targets.includes('all-linear')) return []
  const matches = (path: string, target: string): boolean => path === target || path.endsWith(`.${target}`)
  const surplus = modules.find((path) => !targets.some((target) => matches(path, target)))
  if (surplus !== undefined) {
    throw new AppError('adapter/config-invalid', {
      message: `weights for ${surplus}, which is none of the target_modules`,
      details: { module: surplus },
    })
  }
  const unused = targets.filter((target) => !modules.some((path) => matches(path, target)))
  return unused.map((target) => `unused-target:${target}`).slice(0, 20)
}

/** @throws AppError `adapter/not-finite` */
export function checkFinite(name: string, data: Float32Array): void {
  if (isFiniteFloat32(data)) return
  throw new AppError('adapter/not-finite', { message: `${name} holds NaN or infinity`, details: { tensor: name } })
}

/** The adapter is for another model: `what` says by which part. */
export function wrongBase(what: string): AppError {
  return new AppError('adapter/wrong-base', { message: what, details: { what } })
}
