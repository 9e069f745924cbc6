// A run's whole state in one file: parameters, both moments, the best adapter so far and the position.
// Everything else (batches, dropout, learning rate) is a function of settings and step, so a run that goes
// on from a checkpoint gives the same bytes as one that never stopped.
//
// Layout: the SHA-256 of the rest in 64 hexadecimal digits, then a safetensors file whose metadata holds the state as JSON.
// Two generations are kept: a write that is cut leaves the other one whole.
import { concatBytes, decodeUtf8, encodeUtf8, sha256Hex } from '../base/bytes'
import { AppError } from '../base/errors'
import { bytesSource } from '../formats/fileSource'
import {
  float32Tensor,
  readSafetensorsHeader,
  readTensor,
  serializeSafetensors,
  toFloat32,
} from '../formats/safetensors'

/** Where checkpoints are kept: OPFS in the browser, memory or a folder elsewhere. */
export interface CheckpointStore {
  /** Replaces the file as a whole: a reader sees the old bytes or the new ones. */
  write(name: string, bytes: Uint8Array): Promise<void>
  /** The bytes, or null when there is no such file. */
  read(name: string): Promise<Uint8Array | null>
  list(): Promise<readonly string[]>
  remove(name: string): Promise<void>
}

export interface CheckpointState {
  /** Optimizer steps done. */
  readonly step: number
  readonly elapsedMs: number
  readonly baseValidationLoss: number | null
  readonly lastValidationLoss: number | null
  readonly best: { readonly step: number; readonly loss: number } | null
  /** Steps in a row whose gradients were not finite. */
  readonly badSteps: number
  /** The base was not measured yet; absent in files of before, which measured it before the first step. */
  readonly owesStart?: boolean
}

export interface Checkpoint {
  readonly state: CheckpointState
  readonly parameters: Float32Array
  readonly firstMoment: Float32Array
  readonly secondMoment: Float32Array
  /** The parameters at the best validation loss; null before the first validation. */
  readonly best: Float32Array | null
}

const HASH_DIGITS = 64

export async function encodeCheckpoint({ state, ...tensors }: Checkpoint): Promise<Uint8Array> {
  const entries = Object.entries(tensors).flatMap(([name, data]) =>
    data ? [float32Tensor(name, [data.length], data)] : [],
  )
  const body = serializeSafetensors(entries, { state: JSON.stringify(state) })
  return concatBytes([encodeUtf8(await sha256Hex(body)), body])
}

/** @throws AppError `run/checkpoint-damaged` when the hash does not match. */
export async function decodeCheckpoint(bytes: Uint8Array): Promise<Checkpoint> {
  const damaged = (message: string, cause?: unknown) => new AppError('run/checkpoint-damaged', { message, cause })
  const body = bytes.slice(HASH_DIGITS)
  try {
    if (decodeUtf8(bytes.subarray(0, HASH_DIGITS)) !== (await sha256Hex(body))) throw damaged('the hash differs')
    const source = bytesSource(body, 'checkpoint')
    const header = await readSafetensorsHeader(source)
    const floats = async (name: string) => toFloat32(await readTensor(source, header, name))
    return {
      state: JSON.parse(header.metadata.get('state') ?? '') as CheckpointState, // our own bytes: the hash matched
      parameters: await floats('parameters'),
      firstMoment: await floats('firstMoment'),
      secondMoment: await floats('secondMoment'),
      best: header.tensors.has('best') ? await floats('best') : null,
    }
  } catch (cause) {
    throw damaged('the content cannot be read', cause)
  }
}

/** The checkpoints of one run: two generations, written in turn. */
export class CheckpointFiles {
  readonly #store: CheckpointStore
  readonly #runId: string
  #generation = 0

  constructor(store: CheckpointStore, runId: string) {
    this.#store = store
    this.#runId = runId
  }

  async save(checkpoint: Checkpoint): Promise<void> {
    const bytes = await encodeCheckpoint(checkpoint)
    await this.#store.write(this.#name(this.#generation), bytes)
    this.#generation = 1 - this.#generation
  }

  /** The newest checkpoint that is whole, or null. The next save replaces the other generation. */
  async latest(): Promise<Checkpoint | null> {
    let newest: Checkpoint | null = null
    for (const generation of [0, 1]) {
      const bytes = await this.#store.read(this.#name(generation))
      const checkpoint = bytes && (await decodeCheckpoint(bytes).catch(() => null))
      if (!checkpoint || (newest && newest.state.step >= checkpoint.state.step)) continue
      newest = checkpoint
      this.#generation = 1 - generation
    }
    return newest
  }

  #name(generation: number): string {
    return `${this.#runId}.checkpoint-${generation}`
  }
}
