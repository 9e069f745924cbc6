// An adapter as files, proven before they are offered: each is read back by the strict reader, every value compared, and
// what was read gives the logits of the live model on 32 tokens.
import { writeAdapterArchive } from '../adapters/adapterArchive'
import { adapterCard } from '../adapters/adapterCard'
import { isFiniteFloat32 } from '../base/bytes'
import { AppError } from '../base/errors'
import { declareAdapter, sliceOf } from '../models/lora'
import type { Model } from '../models/model'
import { firstSequence, probeLogits, probeOf, type Probe } from '../training/probe'
import { generalSet } from '../text/generalText'
import { peftFolderOf, readLaidOut, type HostAdapter, type LaidOut } from './adapterOnHost'
import type { AdapterExport, AdapterProof, NamedFile, OllamaChat } from './api'
import type { Bench } from './bench'
import { writeGgufAdapter } from './ggufAdapter'
import type { LoadedModel } from './loadedModel'
import { writeMlxAdapter } from './mlxAdapter'
import { modelfile } from './modelfile'
import { differenceOf } from './onnxMeter'
import { recordProbeSession, type WithSession } from './session'
import { provenanceMetadata } from './provenance'

const ZIP_FILE = 'plume-adapter.zip'
const GGUF_FILE = 'plume-adapter.gguf'
const MLX_FILE = 'plume-adapter-mlx.zip'

const PROOF_TOKENS = 32
/** The target for logits against PyTorch. B with a scale folded in errs by 2^-22; a matrix in the wrong place by one. */
const MOST_DIFFERENCE = 1e-4

/**
 * The adapter in every format, proven on the device in the precision that the model has there.
 *
 * @throws AppError `adapter/not-finite` for values or logits that are no numbers, `adapter/no-effect` when every B is zero
 */
export async function exportHostAdapter(bench: Bench, adapter: HostAdapter, chat?: OllamaChat): Promise<AdapterExport> {
  const { device, loaded } = bench
  const { config, tokenizer } = loaded
  const written = writeFiles(loaded, adapter)
  const own = { adapter: declareAdapter(config, adapter.settings), parameters: adapter.parameters }
  const copies: Copy[] = []
  for (const file of [{ name: ZIP_FILE, bytes: written.zip }, written.gguf, ...(written.mlx ? [written.mlx] : [])]) {
    copies.push({ name: file.name, read: await readBack(loaded, file, own) })
  }
  // The other precision may not fit this device.
  const model = await loaded.onDevice(device, loaded.devicePrecision ?? 'float32')
  const set = generalSet(tokenizer, Math.min(PROOF_TOKENS, config.maxTokens))
  const probe = firstSequence(probeOf(set, config.vocabulary))
  const proof = await proveCopies({ model, withSession: bench.withSession, probe }, own, copies)
  const addsBos = tokenizer.beginOfTextId !== undefined
  return {
    ...written,
    modelfile: chat ? modelfile({ from: 'base.gguf', adapter: GGUF_FILE, chat, addsBos }) : null,
    chat: chat ?? null,
    info: adapter.info,
    isVerified: true,
    proof,
  }
}

interface Copy {
  readonly name: string
  readonly read: LaidOut
}

function writeFiles(model: LoadedModel, adapter: HostAdapter) {
  const { settings, parameters, info, provenance } = adapter
  if (!info.hasEffect) throw new AppError('adapter/no-effect', { message: 'every B is zero' })
  const { baseSha256 } = info
  const folder = peftFolderOf(model, {
    settings,
    parameters,
    dropout: provenance?.settings.dropout ?? 0,
    metadata: provenanceMetadata(model.info, adapter),
  })
  const files: NamedFile[] = [
    ...folder,
    { name: 'README.md', bytes: adapterCard({ info, model: model.info, provenance }) },
  ]
  // What an adapter said of its base goes on; which weights it was opened beside says nothing.
  const base = { config: model.config, info: { id: model.info.id, sha256: baseSha256 ?? '' } }
  const declared = declareAdapter(model.config, settings)
  const mlx = writeMlxAdapter(base, declared, parameters)
  return {
    files,
    zip: writeAdapterArchive(files),
    gguf: { name: GGUF_FILE, bytes: writeGgufAdapter(base, declared, parameters) },
    mlx: mlx && { name: MLX_FILE, bytes: writeAdapterArchive(mlx) },
  }
}

async function readBack({ config }: LoadedModel, file: NamedFile, written: LaidOut): Promise<LaidOut> {
  const read = await readLaidOut(config, [file])
  if (actsLike(read, written)) return read
  throw new AppError('unexpected', { message: `${file.name} reads back differently` })
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

export interface ProofBench {
  readonly model: Model
  readonly withSession: WithSession
  readonly probe: Probe
}

/** Logits with what each file holds beside those with the adapter itself. */
export async function proveCopies(bench: ProofBench, own: LaidOut, copies: readonly Copy[]): Promise<AdapterProof> {
  const { vocabulary } = bench.model.config
  const live = await logitsWith(bench, own)
  if (!isFiniteFloat32(live)) {
    throw new AppError('adapter/not-finite', { message: 'the logits with this adapter hold NaN or infinity' })
  }
  let tokens = 0
  const files = []
  for (const { name, read } of copies) {
    const { tokens: compared, largest } = differenceOf(live, await logitsWith(bench, read), vocabulary)
    if (!(largest < MOST_DIFFERENCE)) {
      throw new AppError('unexpected', { message: `the logits with ${name} differ by ${largest}` })
    }
    tokens = compared
    files.push({ name, largestDifference: largest })
  }
  return { tokens, files }
}

function logitsWith({ model, withSession, probe }: ProofBench, { adapter, parameters }: LaidOut) {
  const session = recordProbeSession(model, adapter, probe)
  // Its own values, where a session would hold those of the current adapter.
  return withSession(session, null, (executor) => {
    executor.write(adapter.parameters, parameters)
    return probeLogits(executor, session.probe, probe)
  })
}
