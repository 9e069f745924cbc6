// The adapters that are kept here, by the base they belong to, and which of them answers. Each is one file in storage, a
// PEFT zip whose metadata says what it is called; so those of another model are neither shown nor lost. Only the current
// one and those that could not be stored are held in memory.
import * as v from 'valibot'
import { writeAdapterArchive } from '../adapters/adapterArchive'
import { readPeftAdapter } from '../adapters/peft'
import { assert } from '../base/assert'
import { bytesOf, concatBytes, decodeUtf8, encodeUtf8, sha256Hex } from '../base/bytes'
import { AppError } from '../base/errors'
import { declareAdapter } from '../models/lora'
import { toFileOrder } from '../models/trained'
import type { CheckpointStore } from '../training/checkpoint'
import { describeAdapter, fitAdapter, peftFolderOf, type AdaptedModel, type HostAdapter } from './adapterOnHost'
import type { AdapterOrigin, AdapterShelfView, KeptAdapter } from './api'
import { carriedMetadata, type Provenance } from './provenance'

/** Where one adapter was kept for all models, before there was a shelf. */
const SINGLE_FILE = 'current-adapter.zip'
const MAX_NAME_LENGTH = 120
const ID_DIGITS = 16

export interface Label {
  readonly name: string
  readonly origin: AdapterOrigin
  readonly keptAt: number
}

interface Entry {
  readonly base: string
  readonly kept: KeptAdapter
  /** Null where only storage has it. */
  readonly held: HostAdapter | null
}

export class AdapterShelf {
  readonly #store: CheckpointStore
  #model: AdaptedModel | null = null
  readonly #entries = new Map<string, Entry>()
  /** By base: null where it was set aside. */
  readonly #currentIds = new Map<string, string | null>()

  constructor(store: CheckpointStore) {
    this.#store = store
  }

  /** The adapter that answers. */
  get current(): HostAdapter | null {
    const base = this.#base() ?? ''
    return this.#entries.get(keyOf(base, this.#currentIds.get(base) ?? ''))?.held ?? null
  }

  /** Turns to the adapters of this base. `now` is the time that a file without one gets. Never rejects. */
  async open(model: AdaptedModel, now: number): Promise<void> {
    const before = this.#base() ?? ''
    this.#hold(before, this.#currentIds.get(before), null)
    this.#model = model
    const base = model.info.sha256
    try {
      for (const file of await this.#store.list()) {
        const id = idInFile(file, base)
        if (id === null || this.#entries.has(keyOf(base, id))) continue
        const entry = await this.#readEntry(file, id).catch(() => null) // what cannot be read stays where it is
        if (entry) this.#entries.set(keyOf(base, id), { ...entry, held: null })
      }
      if (!this.#currentIds.has(base)) {
        const id = await this.#store.read(currentFile(base))
        if (id) this.#currentIds.set(base, decodeUtf8(id))
      }
      await this.#adoptSingleFile(model, now)
    } catch {
      // Storage is not to be had: the shelf has what this tab made.
    }
    const id = this.#currentIds.get(base)
    if (id) this.#hold(base, id, await this.adapterOf(id).catch(() => null))
  }

  view(): AdapterShelfView {
    const base = this.#base()
    const adapters = [...this.#entries.values()].filter((entry) => entry.base === base).map(({ kept }) => kept)
    return {
      adapters: adapters.toSorted((a, b) => b.keptAt - a.keptAt || a.id.localeCompare(b.id)),
      currentId: this.current && (this.#currentIds.get(base ?? '') ?? null),
    }
  }

  /** Keeps `adapter` and makes it current. The same numbers are kept once, under their newest name. */
  async add(adapter: HostAdapter, label: Label): Promise<KeptAdapter> {
    const base = this.#base()
    assert(base !== null, 'an adapter belongs to the model that is open')
    const id = await idOf(this.#opened(), adapter)
    const kept = await this.#keep(base, id, adapter, label)
    await this.choose(id)
    return kept
  }

  /** @throws AppError `adapter/files-missing` where there is none of this id */
  async choose(id: string | null): Promise<void> {
    const base = this.#base()
    if (base === null) return
    const adapter = id === null ? null : await this.adapterOf(id)
    const before = this.#currentIds.get(base)
    this.#currentIds.set(base, id)
    this.#hold(base, before, null)
    this.#hold(base, id, adapter)
    const file = currentFile(base)
    const writing = id === null ? this.#store.remove(file) : this.#store.write(file, encodeUtf8(id))
    await writing.catch(() => undefined) // it is current in this tab
  }

  /** An adapter of this base; the current one where no id is given. @throws AppError `adapter/files-missing` */
  async adapterOf(id?: string): Promise<HostAdapter> {
    if (id === undefined) return defined(this.current, 'current')
    const { base, held } = this.#entryOf(id)
    return held ?? defined((await this.#readEntry(fileOf(base, id), id)).held, id)
  }

  async rename(id: string, name: string): Promise<void> {
    const { kept, base } = this.#entryOf(id)
    const adapter = await this.adapterOf(id)
    await this.#keep(base, id, adapter, { ...kept, name })
    this.#hold(base, id, this.#currentIds.get(base) === id ? adapter : null)
  }

  async remove(id: string): Promise<void> {
    const { base } = this.#entryOf(id)
    if (this.#currentIds.get(base) === id) await this.choose(null)
    this.#entries.delete(keyOf(base, id))
    await this.#store.remove(fileOf(base, id)).catch(() => undefined) // it was never stored
  }

  async #keep(base: string, id: string, adapter: HostAdapter, label: Label): Promise<KeptAdapter> {
    const { origin, keptAt } = label
    const name = label.name.trim().slice(0, MAX_NAME_LENGTH) || id
    const bytes = this.#pack(adapter, { name, origin, keptAt })
    const isStored = await this.#store.write(fileOf(base, id), bytes).then(
      () => true,
      () => false, // full or missing: it lives as long as the tab, and Share still exports it
    )
    const kept = { id, name, origin, keptAt, isStored, sizeBytes: bytes.byteLength, info: adapter.info }
    this.#entries.set(keyOf(base, id), { base, kept, held: adapter })
    return kept
  }

  /** Keeps the numbers in memory or lets them go, where storage has them. */
  #hold(base: string, id: string | null | undefined, adapter: HostAdapter | null): void {
    const entry = id && this.#entries.get(keyOf(base, id))
    if (entry && (adapter || entry.kept.isStored)) this.#entries.set(keyOf(base, id), { ...entry, held: adapter })
  }

  #pack({ settings, parameters, info, provenance, carried = {} }: HostAdapter, label: Label): Uint8Array {
    const model = this.#opened()
    const { baseModel, baseSha256, notes } = info
    const record: Kept = { ...label, baseModel, baseSha256, notes: [...notes], provenance }
    const metadata = { ...carried, kept: JSON.stringify(record) }
    return writeAdapterArchive(peftFolderOf(model, { settings, parameters, dropout: 0, metadata }))
  }

  /** @throws AppError where the file is damaged or gone */
  async #readEntry(file: string, id: string): Promise<Entry> {
    const model = this.#opened()
    const bytes = await this.#store.read(file)
    if (!bytes) throw new AppError('adapter/files-missing', { message: `${file} is gone`, details: { missing: file } })
    const peft = await readPeftAdapter([{ name: file, bytes }])
    const { name, origin, keptAt, provenance, ...rest } = v.parse(
      keptSchema,
      JSON.parse(peft.metadata.get('kept') ?? ''),
    )
    const { settings, parameters } = fitAdapter(model.config, peft)
    const info = await describeAdapter(model, settings, parameters, rest)
    const kept = { id, name, origin, keptAt, isStored: true, sizeBytes: bytes.byteLength, info }
    // Our own record, written by #pack: what a run left in it is only shown and written again.
    const held = {
      settings,
      parameters,
      info,
      provenance: provenance as Provenance | null,
      carried: carriedMetadata(peft.metadata),
    }
    return { base: model.info.sha256, kept, held }
  }

  async #adoptSingleFile(model: AdaptedModel, now: number): Promise<void> {
    const bytes = await this.#store.read(SINGLE_FILE)
    if (!bytes) return
    const peft = await readPeftAdapter([{ name: SINGLE_FILE, bytes }])
    const { sha256: baseSha256 } = model.info
    if (peft.metadata.get('base_sha256') !== baseSha256) return // it waits for its own base
    const { settings, parameters } = fitAdapter(model.config, peft)
    const origin = { baseModel: peft.baseModel, baseSha256, notes: [] }
    const info = await describeAdapter(model, settings, parameters, origin)
    const corpus = peft.metadata.get('corpus')
    const label: Label = { name: corpus ?? '', origin: corpus === undefined ? 'opened' : 'trained', keptAt: now }
    const { isStored } = await this.add({ settings, parameters, info, provenance: null }, label)
    if (isStored) await this.#store.remove(SINGLE_FILE)
  }

  #entryOf(id: string): Entry {
    return defined(this.#entries.get(keyOf(this.#base() ?? '', id)), id)
  }

  #base(): string | null {
    return this.#model?.info.sha256 ?? null
  }

  #opened(): AdaptedModel {
    assert(this.#model !== null, 'a shelf is opened for a model')
    return this.#model
  }
}

function defined<T>(found: T | null | undefined, id: string): T {
  if (found) return found
  throw new AppError('adapter/files-missing', { message: `no adapter ${id} is kept`, details: { missing: id } })
}

function prefixOf(base: string): string {
  return `adapters-${base}-`
}

function fileOf(base: string, id: string): string {
  return `${prefixOf(base)}${id}.zip`
}

/** The id of an adapter of this base; null for every other file. */
function idInFile(file: string, base: string): string | null {
  const [prefix, suffix] = [prefixOf(base), '.zip']
  return file.startsWith(prefix) && file.endsWith(suffix) ? file.slice(prefix.length, -suffix.length) : null
}

function currentFile(base: string): string {
  return `${prefixOf(base)}current`
}

function keyOf(base: string, id: string): string {
  return `${base}/${id}`
}

/** By what it computes: an adapter that is opened twice is on the shelf once. */
async function idOf({ config }: AdaptedModel, { settings, parameters }: HostAdapter): Promise<string> {
  const values = toFileOrder(declareAdapter(config, settings), parameters)
  const digest = await sha256Hex(concatBytes([encodeUtf8(JSON.stringify(settings)), bytesOf(values)]))
  return digest.slice(0, ID_DIGITS)
}

const keptSchema = v.object({
  name: v.string(),
  origin: v.picklist(['trained', 'opened', 'combined']),
  keptAt: v.number(),
  baseModel: v.string(),
  baseSha256: v.nullable(v.string()),
  notes: v.array(v.string()),
  provenance: v.unknown(),
})
type Kept = v.InferOutput<typeof keptSchema>
