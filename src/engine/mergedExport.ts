// A merged model as files, proven before it is called done: what was written is loaded as a model of its own, and its
// logits on 32 tokens are compared with those of the live model.
import { encodeUtf8 } from '../base/bytes'
import { AppError } from '../base/errors'
import { MAX_ZIP_BYTES, streamZip } from '../adapters/modelArchive'
import { mergedCard } from '../adapters/mergedCard'
import { CHAT_TEMPLATE_FILE, WEIGHTS_FILE } from '../formats/modelFileNames'
import { declareAdapter } from '../models/lora'
import { declareModel, tensorsOfModel } from '../models/model'
import { loadWeights } from '../models/weights'
import { generalSet } from '../text/generalText'
import { divergenceOf } from '../training/divergence'
import { probeOf, type Probe } from '../training/probe'
import type { HostAdapter } from './adapterOnHost'
import type { MergedExport, MergeRequest, MergeListener } from './api'
import type { Bench } from './bench'
import { mergedSafetensors, mergedTensor, type MergeSource } from './mergedModel'
import { mergedBytes } from './mergedTypes'
import { logitsOfProbe } from './session'

const PROOF_TOKENS = 32

export interface MergeBench extends Bench {
  readonly adapter: HostAdapter
}

/**
 * Writes the model in Hugging Face's layout, in one zip or file by file.
 *
 * @throws AppError `weights/not-finite`, `adapter/no-effect`, `share/too-large` for a zip, `model/unsupported` for what
 * that layout cannot say
 */
export async function exportMerged(
  bench: MergeBench,
  { dtype, container }: MergeRequest,
  onPiece: MergeListener,
): Promise<MergedExport> {
  const { loaded, adapter } = bench
  if (!adapter.info.hasEffect) throw new AppError('adapter/no-effect', { message: 'every B is zero' })
  if (loaded.config.rope?.scaling?.kind === 'factors') {
    const what = 'a GGUF file whose positions were stretched, as a model in Hugging Face’s layout'
    throw new AppError('model/unsupported', { message: what, details: { what } })
  }
  if (container === 'zip' && mergedBytes(loaded.info.parameters, dtype) > MAX_ZIP_BYTES) {
    throw new AppError('share/too-large', { message: `${loaded.info.parameters} parameters in ${dtype}, in one zip` })
  }
  const source: MergeSource = {
    config: loaded.config,
    read: (name, shape) => loaded.readWeight(name, shape),
    adapter: declareAdapter(loaded.config, adapter.settings),
    parameters: adapter.parameters,
    dtype,
  }
  const proof = await prove(bench, source)
  const text = new Map<string, Uint8Array>()
  const json = (name: string, value: unknown) => text.set(name, encodeUtf8(`${JSON.stringify(value, null, 2)}\n`))
  const { config, tokenizer } = loaded.files
  json('config.json', { ...(config as object), torch_dtype: dtype })
  for (const [name, value] of Object.entries(tokenizer)) {
    if (name === 'config.json' || value === undefined) continue
    if (name === CHAT_TEMPLATE_FILE) text.set(name, encodeUtf8(String(value)))
    else json(name, value)
  }
  const { info, provenance } = adapter
  text.set(
    'README.md',
    mergedCard({ info, model: loaded.info, provenance, dtype, isQuantized: loaded.files.weights.isQuantized }),
  )

  const sink = container === 'zip' ? streamZip(onPiece) : fileSink(onPiece)
  let sizeBytes = 0
  for (const [name, bytes] of text) await sink.write(name, bytes, true)
  let held: Uint8Array | null = null
  for await (const piece of mergedSafetensors(source)) {
    if (held) await sink.write(WEIGHTS_FILE, held, false)
    held = piece
    sizeBytes += piece.byteLength
  }
  if (held) await sink.write(WEIGHTS_FILE, held, true)
  await sink.end()
  return { ...proof, weightBytes: sizeBytes, isBaseQuantized: loaded.files.weights.isQuantized }
}

function fileSink(onPiece: MergeListener) {
  return {
    write: async (name: string, bytes: Uint8Array, isLast: boolean) => onPiece({ name, bytes, isLast }),
    end: () => Promise.resolve(),
  }
}

/** The written model beside the live one: divergence, and the largest difference of a logit over the logits' size. */
async function prove(bench: MergeBench, source: MergeSource): Promise<Pick<MergedExport, 'proof'>> {
  const { gpu, loaded } = bench
  const { vocabulary } = loaded.config
  const probe = probeOf(generalSet(loaded.tokenizer, PROOF_TOKENS), vocabulary)
  const first: Probe = { ...probe, sequences: probe.sequences.slice(0, 1) }
  const live = await logitsOfProbe(bench.withSession, await loaded.onDevice(gpu, 'float32'), source.adapter, first)
  loaded.leaveDevice(gpu) // one of the two at a time
  const model = declareModel(loaded.config, 'float32')
  try {
    await gpu.guarded(() => {
      for (const tensor of tensorsOfModel(model)) gpu.place(tensor)
    })
    await loadWeights(
      model,
      async (name, shape) => (await mergedTensor(source, name, shape)).floats,
      (tensor, data) => gpu.write(tensor, data),
    )
    const written = await logitsOfProbe(bench.withSession, model, null, first)
    const largest = live.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    const difference = live.reduce((most, value, i) => Math.max(most, Math.abs(value - written[i]!)), 0)
    const { agreement } = divergenceOf(live, written, vocabulary)
    const proof = { tokens: agreement.n, agreement: agreement.value, largestDifference: difference / largest }
    // Rounding to bfloat16 errs by hundredths; a matrix in the wrong place errs by one.
    if (!(proof.largestDifference < 0.1)) {
      throw new AppError('unexpected', { message: `the merged model differs by ${proof.largestDifference}` })
    }
    return { proof }
  } finally {
    for (const tensor of tensorsOfModel(model)) gpu.free(tensor)
  }
}
