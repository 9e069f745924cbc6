// A merged model as files, proven before it is called done: what was written is loaded as a model of its own, and its
// logits on 32 tokens are compared with those of the live model.
import { encodeUtf8 } from '../base/bytes'
import { AppError } from '../base/errors'
import { MAX_ZIP_BYTES, streamZip } from '../adapters/modelArchive'
import { mergedCard } from '../adapters/mergedCard'
import { CHAT_TEMPLATE_FILE, WEIGHTS_FILE } from '../formats/modelFileNames'
import { declareAdapter } from '../models/lora'
import { declareModel, tensorsOfModel, type Precision } from '../models/model'
import { loadWeights } from '../models/weights'
import { generalSet } from '../text/generalText'
import { firstSequence, probeOf, type Probe } from '../training/probe'
import type { HostAdapter } from './adapterOnHost'
import type { MergedExport, MergeRequest, MergeListener } from './api'
import type { Bench } from './bench'
import { mergedSafetensors, mergedTensor, type MergeSource } from './mergedModel'
import { formName, mergedBytes } from './mergedTypes'
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
 * Writes the model in Hugging Face's layout or as ONNX beside its tokenizer, in one zip or file by file.
 *
 * @throws AppError `weights/not-finite`, `adapter/no-effect`, `share/too-large` for a zip, `model/unsupported` for what
 * that layout cannot say
 */
export async function exportMerged(
  bench: MergeBench,
  { form, container }: MergeRequest,
  onPiece: MergeListener,
): Promise<MergedExport> {
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
  const onnx = form.kind === 'onnx' ? await onnxModel(loaded, { precision: form.precision, merge: source }) : null
  const proof = await prove(bench, source, onnx)
  const text = new Map<string, Uint8Array>()
  const json = (name: string, value: unknown) => text.set(name, encodeUtf8(`${JSON.stringify(value, null, 2)}\n`))
  const { config, tokenizer } = loaded.files
  json('config.json', { ...(config as object), torch_dtype: source.dtype })
  for (const [name, value] of Object.entries(tokenizer)) {
    if (name === 'config.json' || value === undefined) continue
    if (name === CHAT_TEMPLATE_FILE) text.set(name, encodeUtf8(String(value)))
    else json(name, value)
  }
  const { info, provenance } = adapter
  text.set(
    'README.md',
    mergedCard({
      info,
      model: loaded.info,
      provenance,
      stored: formName(form),
      isOnnx: form.kind === 'onnx',
      isQuantized: loaded.files.weights.isQuantized,
    }),
  )

  const sink = container === 'zip' ? streamZip(onPiece) : fileSink(onPiece)
  let weightBytes = 0
  for (const [name, bytes] of text) await sink.write(name, bytes, true)
  const weightsFile = form.kind === 'onnx' ? onnxFileNames[form.precision] : WEIGHTS_FILE
  let held: Uint8Array | null = null
  for await (const piece of onnx ? inPieces(onnx) : mergedSafetensors(source)) {
    if (held) await sink.write(weightsFile, held, false)
    held = piece
    weightBytes += piece.byteLength
  }
  if (held) await sink.write(weightsFile, held, true)
  await sink.end()
  return { ...proof, weightBytes, isBaseQuantized: loaded.files.weights.isQuantized }
}

/** Where transformers.js and others look for a model of this precision. */
const onnxFileNames: Readonly<Record<Precision, string>> = {
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
  bench: MergeBench,
  source: MergeSource,
  onnx: Uint8Array | null,
): Promise<Pick<MergedExport, 'proof'>> {
  const { device, loaded } = bench
  const { vocabulary } = loaded.config
  const probe = firstSequence(probeOf(generalSet(loaded.tokenizer, PROOF_TOKENS), vocabulary))
  const live = await logitsOfProbe(bench.withSession, await loaded.onDevice(device, 'float32'), source.adapter, probe)
  loaded.leaveDevice(device) // one of the two at a time
  const written = onnx ? await logitsOfOnnx(bench, onnx, probe) : await logitsOfMerged(bench, source, probe)
  const { tokens, largest, agreement } = differenceOf(live, written, vocabulary)
  // Rounding to bfloat16 or int8 errs by hundredths; a matrix in the wrong place errs by one.
  if (!(largest < 0.1)) throw new AppError('unexpected', { message: `the merged model differs by ${largest}` })
  return { proof: { tokens, agreement: agreement.value, largestDifference: largest } }
}

/** Of the tensors as they are written, loaded as a model of its own. */
async function logitsOfMerged({ device, loaded, withSession }: MergeBench, source: MergeSource, probe: Probe) {
  const model = declareModel(loaded.config, 'float32')
  try {
    await device.guarded(() => {
      for (const tensor of tensorsOfModel(model)) device.place(tensor)
    })
    await loadWeights(
      model,
      async (name, shape) => (await mergedTensor(source, name, shape)).floats,
      (tensor, data) => device.write(tensor, data),
    )
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
