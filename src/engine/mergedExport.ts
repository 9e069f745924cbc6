// A merged model as files, proven before it is called done: what was written is loaded as a model of its own, and its
// logits on 32 tokens are compared with those of the live model.
import { encodeUtf8 } from '../base/bytes'
import { AppError } from '../base/errors'
import { MAX_ZIP_BYTES, streamZip } from '../adapters/modelArchive'
import { mergedCard } from '../adapters/mergedCard'
import { CHAT_TEMPLATE_FILE, INDEX_FILE } from '../formats/modelFileNames'
import { readModelConfig, type ModelConfig } from '../models/config'
import { declareAdapter, type LoraAdapter } from '../models/lora'
import { declareModel, layoutOn, tensorsOfModel } from '../models/model'
import { loadWeights, type ReadWeight } from '../models/weights'
import { generalSet } from '../text/generalText'
import { firstSequence, probeOf, type Probe } from '../training/probe'
import type { HostAdapter } from './adapterOnHost'
import type { MergedExport, MergeRequest, MergeListener, NamedFile } from './api'
import type { Bench } from './bench'
import { mergedGguf } from './mergedGguf'
import { mergedSafetensors, mergedTensor, weightsFiles, type MergeSource } from './mergedModel'
import { formName, ggufFileName, mergedBytes, SHARD_BYTES, type MergedDType, type OnnxPrecision } from './mergedTypes'
import { modelfile } from './modelfile'
import { openModelFiles } from './modelFiles/modelFiles'
import { differenceOf, logitsInOnnx } from './onnxMeter'
import { onnxModel } from './onnxModel'
import { OnnxSession, type OnnxEnvironment } from './onnxSession'
import { logitsOfProbe } from './session'

const PROOF_TOKENS = 32

export interface MergeBench extends Bench {
  readonly adapter: HostAdapter
  readonly onnxRuntime: () => Promise<OnnxEnvironment>
}

/**
 * Writes the model in Hugging Face's layout or as ONNX beside its tokenizer, or as GGUF, in one zip or file by file.
 *
 * @throws AppError `weights/not-finite`, `adapter/no-effect`, `share/too-large` for a zip, `share/not-in-gguf`,
 * `model/unsupported` for what Hugging Face's layout cannot say
 */
export async function exportMerged(
  bench: MergeBench,
  request: MergeRequest,
  onPiece: MergeListener,
): Promise<MergedExport> {
  const { form, container } = request
  const { loaded, adapter } = bench
  if (!adapter.info.hasEffect) throw new AppError('adapter/no-effect', { message: 'every B is zero' })
  if (form.kind === 'safetensors' && loaded.config.rope?.scaling?.kind === 'factors') {
    const what = 'a GGUF file whose positions were stretched, as a model in Hugging Face’s layout'
    throw new AppError('model/unsupported', { message: what, details: { what } })
  }
  if (container === 'zip' && mergedBytes(loaded.info, form) > MAX_ZIP_BYTES) {
    const message = `${loaded.info.parameters} parameters in ${formName(form)}, in one zip`
    throw new AppError('share/too-large', { message })
  }
  const source: MergeSource = {
    config: loaded.config,
    read: (name, shape) => loaded.readWeight(name, shape),
    adapter: declareAdapter(loaded.config, adapter.settings),
    parameters: adapter.parameters,
    dtype: form.kind === 'safetensors' ? form.dtype : 'float32',
  }
  const written = await writtenModel(bench, source, request)
  const proof = await prove(bench, source.adapter, written)
  const sink = container === 'zip' ? streamZip(onPiece) : fileSink(onPiece)
  for (const { name, bytes } of textFiles(bench, request, source.dtype)) await sink.write(name, bytes, true)
  if (written.index) await sink.write(INDEX_FILE, jsonBytes(written.index), true)
  let weightBytes = 0
  for (const { name, pieces } of written.files) {
    let held: Uint8Array | null = null
    for await (const piece of pieces()) {
      if (held) await sink.write(name, held, false)
      held = piece
      weightBytes += piece.byteLength
    }
    if (held) await sink.write(name, held, true)
  }
  await sink.end()
  return { ...proof, weightBytes, isBaseQuantized: loaded.files.weights.isQuantized }
}

/** The weights, before a byte of them is given away. */
interface WrittenModel {
  /** One after the other, each in pieces. */
  readonly files: readonly {
    readonly name: string
    readonly pieces: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>
  }[]
  /** Which of several files holds which tensor; null for one file. */
  readonly index: object | null
  /** Of what the files will hold, as a model of its own. */
  readonly logits: (probe: Probe) => Promise<Float32Array>
}

async function writtenModel(
  bench: MergeBench,
  source: MergeSource,
  { form, shardBytes = SHARD_BYTES }: MergeRequest,
): Promise<WrittenModel> {
  const { loaded } = bench
  switch (form.kind) {
    case 'safetensors': {
      const { files, index } = weightsFiles(source, shardBytes)
      const read: ReadWeight = async (name, shape) => (await mergedTensor(source, name, shape)).floats
      return {
        files: files.map((file) => ({ name: file.name, pieces: () => mergedSafetensors(source, file) })),
        index,
        logits: (probe) => logitsOfWeights(bench, source.config, read, probe),
      }
    }
    case 'gguf': {
      const gguf = mergedGguf(source, { info: loaded.info, ...loaded.files }, form.type)
      return {
        files: [{ name: ggufFileName(form.type), pieces: gguf.pieces }],
        index: null,
        async logits(probe) {
          // As a person's file: its shape, names, order of rows and rounding are what our reader finds in it.
          const { config, weights } = await openModelFiles([gguf.source])
          return logitsOfWeights(bench, readModelConfig(config), (name) => weights.float32(name), probe)
        },
      }
    }
    case 'onnx': {
      const bytes = await onnxModel(loaded, { precision: form.precision, merge: source })
      return {
        files: [{ name: onnxFileNames[form.precision], pieces: () => inPieces(bytes) }],
        index: null,
        logits: (probe) => logitsOfOnnx(bench, bytes, probe),
      }
    }
  }
}

/** What stands beside the weights: small, and written first. */
function textFiles(
  { loaded, adapter }: MergeBench,
  { form, chat, card: written = null }: MergeRequest,
  dtype: MergedDType,
): NamedFile[] {
  const { info, provenance } = adapter
  const readme = mergedCard({
    info,
    model: loaded.info,
    provenance,
    stored: formName(form),
    use: form.kind === 'gguf' ? { kind: 'gguf', file: ggufFileName(form.type) } : { kind: form.kind },
    isQuantized: loaded.files.weights.isQuantized,
    written,
  })
  const card: NamedFile = { name: 'README.md', bytes: readme }
  if (form.kind === 'gguf') {
    const addsBos = loaded.tokenizer.beginOfTextId !== undefined
    return chat ? [card, modelfile({ from: ggufFileName(form.type), adapter: null, chat, addsBos })] : [card]
  }
  const { config, tokenizer } = loaded.files
  return [
    { name: 'config.json', bytes: jsonBytes({ ...(config as object), torch_dtype: dtype }) },
    ...Object.entries(tokenizer).flatMap(([name, value]) => {
      if (name === 'config.json' || value === undefined) return []
      return { name, bytes: name === CHAT_TEMPLATE_FILE ? encodeUtf8(String(value)) : jsonBytes(value) }
    }),
    card,
  ]
}

function jsonBytes(value: unknown): Uint8Array<ArrayBuffer> {
  return encodeUtf8(`${JSON.stringify(value, null, 2)}\n`)
}

/** Where transformers.js and others look for a model of this precision. */
const onnxFileNames: Readonly<Record<OnnxPrecision, string>> = {
  float32: 'onnx/model.onnx',
  int8: 'onnx/model_quantized.onnx',
}

const PIECE_BYTES = 2 ** 24

function* inPieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES)
}

function fileSink(onPiece: MergeListener) {
  return {
    write: async (name: string, bytes: Uint8Array, isLast: boolean) => onPiece({ name, bytes, isLast }),
    end: () => Promise.resolve(),
  }
}

/** The written model beside the live one: divergence, and the largest difference of a logit over the logits' size. */
async function prove(
  { device, loaded, withSession }: MergeBench,
  adapter: LoraAdapter,
  written: WrittenModel,
): Promise<Pick<MergedExport, 'proof'>> {
  const { vocabulary } = loaded.config
  const probe = firstSequence(probeOf(generalSet(loaded.tokenizer, PROOF_TOKENS), vocabulary))
  const live = await logitsOfProbe(withSession, await loaded.onDevice(device, 'float32'), adapter, probe)
  loaded.leaveDevice(device) // one of the two at a time
  const { tokens, largest, agreement } = differenceOf(live, await written.logits(probe), vocabulary)
  // Rounding to bfloat16 or int8 errs by hundredths; a matrix in the wrong place errs by one.
  if (!(largest < 0.1)) throw new AppError('unexpected', { message: `the merged model differs by ${largest}` })
  return { proof: { tokens, agreement: agreement.value, largestDifference: largest } }
}

/** Of the tensors as they are written, loaded as a model of its own. */
async function logitsOfWeights(
  { device, withSession }: MergeBench,
  config: ModelConfig,
  read: ReadWeight,
  probe: Probe,
) {
  const model = declareModel(config, 'float32', layoutOn(device, config))
  try {
    await device.guarded(() => {
      for (const tensor of tensorsOfModel(model)) device.place(tensor)
    })
    await loadWeights(model, read, (tensor, data) => device.write(tensor, data))
    return await logitsOfProbe(withSession, model, null, probe)
  } finally {
    for (const tensor of tensorsOfModel(model)) device.free(tensor)
  }
}

/** Of the file's own bytes, in ONNX Runtime. */
async function logitsOfOnnx({ loaded, onnxRuntime }: MergeBench, bytes: Uint8Array, probe: Probe) {
  const { runtime } = await onnxRuntime()
  const session = await OnnxSession.open(runtime, bytes, loaded.config, 'wasm')
  try {
    return await logitsInOnnx(session, probe)
  } finally {
    await session.close()
  }
}
