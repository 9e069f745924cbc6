// What a run leaves in storage so that it can go on after its tab was closed: the request, the checkpoints,
// and the curves so far. All of it goes when the run is finished or discarded.
import { decodeUtf8, encodeUtf8 } from '../base/bytes'
import { AppError } from '../base/errors'
import { bytesSource } from '../formats/fileSource'
import { readSafetensorsHeader, readTensor, serializeSafetensors } from '../formats/safetensors'
import { bytesOf } from '../base/bytes'
import type { TokenSet } from '../text/types'
import { CheckpointFiles, type CheckpointStore } from '../training/checkpoint'
import type { RunEvent } from '../training/types'
import type { TrainRequest } from './api'

export interface StoredRun {
  readonly request: TrainRequest
  readonly modelId: string
  readonly modelSha256: string
}

export interface StoredCurves {
  readonly savedAt: number
  readonly step: number
  readonly events: readonly RunEvent[]
}

const REQUEST_SUFFIX = '.request'
const CURVES_SUFFIX = '.curves'

export class RunFiles {
  readonly #store: CheckpointStore

  constructor(store: CheckpointStore) {
    this.#store = store
  }

  checkpoints(runId: string): CheckpointFiles {
    return new CheckpointFiles(this.#store, runId)
  }

  async saveRequest({ request, ...model }: StoredRun): Promise<void> {
    const { train, validation, ...plain } = request
    const sets = { train: shapeOf(train), validation: validation && shapeOf(validation) }
    const tensors = [...tensorsOf('train', train), ...(validation ? tensorsOf('validation', validation) : [])]
    const bytes = serializeSafetensors(tensors, { run: JSON.stringify({ ...model, ...plain, sets }) })
    await this.#store.write(plain.runId + REQUEST_SUFFIX, bytes)
  }

  /** @throws AppError `run/checkpoint-damaged` when what was stored cannot be read. */
  async loadRequest(runId: string): Promise<StoredRun> {
    const bytes = await this.#store.read(runId + REQUEST_SUFFIX)
    if (!bytes) throw new AppError('run/checkpoint-damaged', { message: `no request is stored for ${runId}` })
    try {
      const source = bytesSource(bytes, runId)
      const header = await readSafetensorsHeader(source)
      // Our own file, written by saveRequest and checked by its reader; a foreign one fails below.
      const { sets, modelId, modelSha256, ...plain } = JSON.parse(header.metadata.get('run') ?? '')
      const load = async (
        name: string,
        shape: Omit<TokenSet, 'tokens' | 'labels' | 'documentStarts'>,
      ): Promise<TokenSet> => {
        const words = async (part: string) => {
          const { bytes: data } = await readTensor(source, header, `${name}.${part}`)
          return new Uint32Array(data.slice().buffer)
        }
        const set = { ...shape, tokens: await words('tokens'), labels: await words('labels') }
        const hasStarts = header.tensors.has(`${name}.documentStarts`)
        return hasStarts ? { ...set, documentStarts: await words('documentStarts') } : set
      }
      const train = await load('train', sets.train)
      const validation = sets.validation && (await load('validation', sets.validation))
      return { modelId, modelSha256, request: { ...plain, train, validation } }
    } catch (cause) {
      throw new AppError('run/checkpoint-damaged', { message: `the request of ${runId} cannot be read`, cause })
    }
  }

  async saveCurves(runId: string, curves: StoredCurves): Promise<void> {
    await this.#store.write(runId + CURVES_SUFFIX, encodeUtf8(JSON.stringify(curves)))
  }

  async loadCurves(runId: string): Promise<StoredCurves> {
    const bytes = await this.#store.read(runId + CURVES_SUFFIX)
    try {
      if (bytes) return JSON.parse(decodeUtf8(bytes)) as StoredCurves // our own file; a torn one is replaced below
    } catch {
      // The curves are for looking at: a run goes on without them.
    }
    return { savedAt: 0, step: 0, events: [] }
  }

  async runIds(): Promise<string[]> {
    const names = await this.#store.list()
    return names.filter((name) => name.endsWith(REQUEST_SUFFIX)).map((name) => name.slice(0, -REQUEST_SUFFIX.length))
  }

  async discard(runId: string): Promise<void> {
    const names = await this.#store.list()
    for (const name of names.filter((one) => one.startsWith(`${runId}.`))) await this.#store.remove(name)
  }
}

function shapeOf({ sequenceLength, sequences, labelledTokens }: TokenSet) {
  return { sequenceLength, sequences, labelledTokens }
}

function tensorsOf(name: string, { tokens, labels, documentStarts, sequences, sequenceLength }: TokenSet) {
  const tensor = (part: string, words: Uint32Array) => ({
    name: `${name}.${part}`,
    dtype: 'U32' as const,
    shape: [sequences, sequenceLength],
    bytes: bytesOf(words),
  })
  const starts = documentStarts ? [tensor('documentStarts', documentStarts)] : []
  return [tensor('tokens', tokens), tensor('labels', labels), ...starts]
}
