// A model as it comes: a folder in Hugging Face's layout, single files of one, or one GGUF file. Everything is
// read by range.
import { decodeUtf8 } from '../../base/bytes'
import { AppError } from '../../base/errors'
import { baseName, type FileSource } from '../../formats/fileSource'
import { readGgufHeader, type GgufHeader } from '../../formats/gguf'
import { CHAT_TEMPLATE_FILE, INDEX_FILE, TOKENIZER_JSON_FILES, WEIGHTS_FILE } from '../../formats/modelFileNames'
import { readModelConfig } from '../../models/config'
import type { TokenizerFiles } from '../../text/tokenizerFiles'
import { configOfGguf } from './ggufConfig'
import { tokenizerOfGguf } from './ggufTokenizer'
import { openGgufWeights } from './ggufWeights'
import { openSafetensors, openShards } from './safetensorsWeights'
import type { WeightFiles } from './weightFiles'

export interface ModelFiles {
  /** What config.json holds. */
  readonly config: unknown
  readonly tokenizer: TokenizerFiles
  readonly weights: WeightFiles
  readonly sizeBytes: number
  /** Where all of it came from one GGUF file. */
  readonly gguf?: GgufHeader
}

/**
 * Finds and opens the parts of a model among `sources`, which may hold other files too.
 *
 * @throws AppError `model/files-missing`, `model/config-invalid`, `tokenizer/invalid`, `safetensors/*`, `file/*`
 */
export async function openModelFiles(sources: readonly FileSource[]): Promise<ModelFiles> {
  const gguf = sources.filter(({ name }) => name.toLowerCase().endsWith('.gguf'))
  if (gguf.length > 0 && !find(sources, 'config.json')) return openGguf(gguf)
  const config = existing(sources, 'config.json')
  const tokenizer = existing(sources, 'tokenizer.json')
  const weights = await openWeights(sources)
  const configJson = await readJson(config, 'model/config-invalid')
  return {
    config: configJson,
    tokenizer: {
      'tokenizer.json': await readJson(tokenizer, 'tokenizer/invalid'),
      'config.json': configJson,
      ...(await readBeside(sources)),
    },
    weights,
    sizeBytes: config.sizeBytes + tokenizer.sizeBytes + weights.sizeBytes,
  }
}

/** The small files about a tokenizer that a model may have. */
async function readBeside(sources: readonly FileSource[]): Promise<Omit<TokenizerFiles, 'tokenizer.json'>> {
  const read: Record<string, unknown> = {}
  for (const name of TOKENIZER_JSON_FILES) {
    const source = find(sources, name)
    if (source) read[name] = await readJson(source, 'tokenizer/invalid')
  }
  const template = find(sources, CHAT_TEMPLATE_FILE)
  if (template) read[CHAT_TEMPLATE_FILE] = await readText(template)
  return read
}

async function openGguf(sources: readonly FileSource[]): Promise<ModelFiles> {
  const [source] = sources
  if (!source || sources.length > 1) {
    const what = `${sources.length} GGUF files at once`
    throw new AppError('model/unsupported', { message: what, details: { what } })
  }
  const header = await readGgufHeader(source)
  const config = await configOfGguf(source, header)
  const { tokenizer, config: tokenizerConfig } = tokenizerOfGguf(header)
  const files = { 'tokenizer.json': tokenizer, 'tokenizer_config.json': tokenizerConfig }
  const weights = openGgufWeights(source, header, readModelConfig(config))
  return { config, tokenizer: files, weights, sizeBytes: source.sizeBytes, gguf: header }
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

/** A template longer than this is refused by its reader; more of it need not be read. */
const MAX_TEMPLATE_BYTES = 1024 * 1024

async function readText(source: FileSource): Promise<string> {
  return new TextDecoder().decode(await source.read(0, Math.min(source.sizeBytes, MAX_TEMPLATE_BYTES)))
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
