// The hub worker's work: models by id, fetched into a store and opened from it.
import * as v from 'valibot'
import { encodeUtf8 } from '../base/bytes'
import { AppError } from '../base/errors'
import { streamingSha256 } from '../base/hashing'
import type {
  HubApi,
  HubListener,
  HubRequest,
  ModelBlobs,
  StoredModel,
  Uploaded,
  UploadListener,
  UploadRequest,
} from './api'
import type { Connection } from './connection'
import { downloadFile, partOf } from './downloadFile'
import type { FileStore } from './fileStore'
import { findModel, readModelId, type RemoteModel } from './modelInfo'
import { throughput } from './throughput'
import { uploadFiles } from './upload'

export interface HubPorts {
  readonly endpoint: string
  /** Hosts outside the hub's domains that large files may be put at. */
  readonly uploadOrigins: readonly string[]
  readonly store: FileStore
  readonly fetch: typeof globalThis.fetch
  /** Takes a lock across tabs, or answers null while another holds it. */
  readonly lock: (name: string) => Promise<(() => void) | null>
  readonly now: () => number
  readonly wait: (ms: number) => Promise<void>
}

const PROGRESS_MS = 100
const RECORD = '.model.json'

export class HubService implements HubApi {
  readonly #ports: HubPorts
  #requests = 0
  /** In bodies of requests. */
  #sentBytes = 0
  #running: AbortController | null = null
  #uploading: AbortController | null = null

  constructor(ports: HubPorts) {
    this.#ports = ports
  }

  async download(request: HubRequest, onProgress: HubListener): Promise<StoredModel> {
    const typed = readModelId(request.id)
    const release = this.#running ? null : await this.#ports.lock('hub')
    if (!release) throw new AppError('hub/busy', { message: 'another download goes on' })
    const running = new AbortController()
    this.#running = running
    const connection = this.#connect(running.signal, request.token)
    try {
      const model = await findModel(connection, typed.id, request.revision ?? typed.revision ?? 'main')
      await this.#writeRecord(model)
      await this.#fetchFiles(connection, model, onProgress)
      return storedModel(model, await this.#ports.store.sizes())
    } catch (thrown) {
      if (!running.signal.aborted) throw thrown
      const stopped = (await this.stored()).find(({ id }) => id === typed.id)
      if (!stopped) throw new AppError('hub/stopped', { message: `${typed.id} was stopped before it began` })
      return stopped
    } finally {
      this.#running = null
      release()
    }
  }

  stop(): Promise<void> {
    this.#running?.abort()
    return Promise.resolve()
  }

  async upload(request: UploadRequest, onProgress: UploadListener): Promise<Uploaded> {
    if (this.#uploading) throw new AppError('hub/busy', { message: 'another upload goes on' })
    const uploading = new AbortController()
    this.#uploading = uploading
    const connection = this.#connect(uploading.signal, request.token)
    try {
      return await uploadFiles({ ...connection, uploadOrigins: this.#ports.uploadOrigins }, request, (progress) => {
        onProgress(progress, { requests: this.#requests, sentBytes: this.#sentBytes })
      })
    } catch (thrown) {
      if (!uploading.signal.aborted) throw thrown
      throw new AppError('hub/upload-stopped', { message: `${request.id.slice(0, 120)} was stopped`, cause: thrown })
    } finally {
      this.#uploading = null
    }
  }

  stopUpload(): Promise<void> {
    this.#uploading?.abort()
    return Promise.resolve()
  }

  async stored(): Promise<readonly StoredModel[]> {
    const sizes = await this.#ports.store.sizes()
    return (await this.#records()).map((model) => storedModel(model, sizes)).sort((a, b) => (a.id < b.id ? -1 : 1))
  }

  async open(key: string): Promise<ModelBlobs> {
    const model = await this.#record(key)
    const files = await Promise.all(
      model.files.map(async ({ path, hash }) => {
        const blob = await this.#ports.store.blob(hash.hex)
        if (!blob) throw notStored(`${path} of ${model.id} is not here`)
        return { name: path, blob }
      }),
    )
    return { name: model.id, revision: model.commit, files }
  }

  async remove(key: string): Promise<void> {
    const { store } = this.#ports
    const model = await this.#record(key)
    const others = (await this.#records()).filter((one) => keyOf(one) !== key)
    const shared = new Set(others.flatMap(({ files }) => files.map(({ hash }) => hash.hex)))
    // The record goes first: a removal that is cut leaves files that nobody names, never a model with holes.
    await store.remove(key + RECORD)
    for (const file of model.files.filter(({ hash }) => !shared.has(hash.hex))) {
      await store.remove(file.hash.hex)
      await store.remove(partOf(file))
    }
  }

  #connect(signal: AbortSignal, token: string | undefined): Connection {
    const { endpoint, fetch, wait } = this.#ports
    const counted: typeof globalThis.fetch = (...call) => {
      this.#requests += 1
      const body = call[1]?.body
      if (typeof body === 'string') this.#sentBytes += encodeUtf8(body).byteLength
      else if (body instanceof Uint8Array) this.#sentBytes += body.byteLength
      return fetch(...call)
    }
    return { endpoint, token, signal, fetch: counted, wait }
  }

  async #fetchFiles(connection: Connection, model: RemoteModel, onProgress: HubListener): Promise<void> {
    const { store, now } = this.#ports
    const totalBytes = model.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    const speed = throughput(now)
    let toldAt = Number.NEGATIVE_INFINITY
    let doneBytes = 0
    const tell = (storedBytes: number, isLast = false) => {
      speed.note(storedBytes)
      if (!isLast && now() - toldAt < PROGRESS_MS) return
      toldAt = now()
      const bytesPerSecond = speed.bytesPerSecond()
      onProgress({ id: model.id, storedBytes, totalBytes, bytesPerSecond, requests: this.#requests })
    }
    // The small ones first: a model that cannot be read is then known before its weights are fetched.
    for (const file of model.files.toSorted((a, b) => a.sizeBytes - b.sizeBytes)) {
      connection.signal.throwIfAborted()
      if (!(await store.blob(file.hash.hex))) {
        const url = `${connection.endpoint}/${model.id}/resolve/${model.commit}/${file.path}`
        await downloadFile(connection, { url, file, store }, (bytes) => tell(doneBytes + bytes))
      }
      doneBytes += file.sizeBytes
      tell(doneBytes, doneBytes === totalBytes)
    }
  }

  async #writeRecord(model: RemoteModel): Promise<void> {
    const { store } = this.#ports
    const name = keyOf(model) + RECORD
    if (await store.blob(name)) return
    const draft = `${name}.part`
    const file = await store.append(draft)
    try {
      await file.empty()
      await file.write(encodeUtf8(JSON.stringify(model)))
    } finally {
      await file.close()
    }
    await store.rename(draft, name)
  }

  async #records(): Promise<RemoteModel[]> {
    const names = [...(await this.#ports.store.sizes()).keys()].filter((name) => name.endsWith(RECORD))
    const records = await Promise.all(names.map((name) => this.#readRecord(name)))
    return records.filter((record) => record !== null)
  }

  async #record(key: string): Promise<RemoteModel> {
    const record = await this.#readRecord(key + RECORD)
    if (!record) throw notStored(`no model ${key}`)
    return record
  }

  /** Null for one that is missing or was not written by this version: its files are fetched again when asked for. */
  async #readRecord(name: string): Promise<RemoteModel | null> {
    const blob = await this.#ports.store.blob(name)
    if (!blob) return null
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), recordSchema), await blob.text())
    return parsed.success ? parsed.output : null
  }
}

const recordSchema = v.object({
  id: v.string(),
  commit: v.string(),
  licence: v.nullable(v.string()),
  files: v.array(
    v.object({
      path: v.string(),
      sizeBytes: v.number(),
      hash: v.object({ kind: v.picklist(['sha256', 'git']), hex: v.pipe(v.string(), v.regex(/^[0-9a-f]{40,64}$/)) }),
    }),
  ),
})

/** One for each model and commit. */
function keyOf({ id, commit }: RemoteModel): string {
  const hash = streamingSha256()
  hash.update(encodeUtf8(`${id}@${commit}`))
  return hash.hex()
}

function storedModel(model: RemoteModel, sizes: ReadonlyMap<string, number>): StoredModel {
  const storedBytes = model.files.reduce(
    (sum, file) => sum + (sizes.get(file.hash.hex) ?? sizes.get(partOf(file)) ?? 0),
    0,
  )
  return {
    key: keyOf(model),
    id: model.id,
    commit: model.commit,
    licence: model.licence,
    storedBytes,
    totalBytes: model.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  }
}

function notStored(message: string): AppError {
  return new AppError('hub/not-stored', { message })
}
