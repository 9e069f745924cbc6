// A model as it comes: a folder in Hugging Face's layout, or single files of one. Everything is read by range.
import { decodeUtf8 } from '../../base/bytes'
import { AppError } from '../../base/errors'
import { baseName, type FileSource } from '../../formats/fileSource'
import { INDEX_FILE, openSafetensors, openShards, WEIGHTS_FILE } from './safetensorsWeights'
import type { WeightFiles } from './weightFiles'

export interface ModelFiles {
  /** What config.json holds. */
  readonly config: unknown
  /** What tokenizer.json holds. */
  readonly tokenizer: unknown
  readonly weights: WeightFiles
  readonly sizeBytes: number
}

/**
 * Finds and opens the parts of a model among `sources`, which may hold other files too.
 *
 * @throws AppError `model/files-missing`, `model/config-invalid`, `tokenizer/invalid`, `safetensors/*`, `file/*`
 */
export async function openModelFiles(sources: readonly FileSource[]): Promise<ModelFiles> {
  const config = existing(sources, 'config.json')
  const tokenizer = existing(sources, 'tokenizer.json')
  const weights = await openWeights(sources)
  return {
    config: await readJson(config, 'model/config-invalid'),
    tokenizer: await readJson(tokenizer, 'tokenizer/invalid'),
    weights,
    sizeBytes: config.sizeBytes + tokenizer.sizeBytes + weights.sizeBytes,
  }
}

async function openWeights(sources: readonly FileSource[]): Promise<WeightFiles> {
  const single = find(sources, WEIGHTS_FILE)
  if (single) return openSafetensors(single)
  const index = find(sources, INDEX_FILE)
  if (index) return openShards(index, (name) => existing(sources, name))
  throw missing(WEIGHTS_FILE)
}

/** The file of that name that lies highest: a folder may hold copies further down (checkpoints, onnx). */
function find(sources: readonly FileSource[], name: string): FileSource | undefined {
  const depth = (path: string) => path.split('/').length
  return sources.filter((source) => baseName(source.name) === name).sort((a, b) => depth(a.name) - depth(b.name))[0]
}

function existing(sources: readonly FileSource[], name: string): FileSource {
  const found = find(sources, name)
  if (!found) throw missing(name)
  return found
}

function missing(name: string): AppError {
  return new AppError('model/files-missing', { message: `no ${name}`, details: { missing: name } })
}

const MAX_JSON_BYTES = 64 * 1024 * 1024

async function readJson(source: FileSource, code: 'model/config-invalid' | 'tokenizer/invalid'): Promise<unknown> {
  const invalid = (message: string, cause?: unknown) =>
    new AppError(code, { message: `${source.name} ${message}`, details: { field: baseName(source.name) }, cause })
  if (source.sizeBytes > MAX_JSON_BYTES) throw invalid(`has ${source.sizeBytes} bytes, over ${MAX_JSON_BYTES}`)
  const bytes = await source.read(0, source.sizeBytes)
  try {
    return JSON.parse(decodeUtf8(bytes))
  } catch (cause) {
    throw invalid('is not JSON', cause)
  }
}
