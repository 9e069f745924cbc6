// The text to learn from: the files as they came, and what the corpus worker made of them. The files
// are kept so that a changed sequence length or split prepares them anew.
import { create } from 'zustand'
import { AppError, toAppError } from '../base/errors'
import type { NamedFile } from '../engine/api'
import { readPublicFile } from '../platform/publicFiles'
import { prepareCorpus } from '../rpc/client'
import type { ColumnMapping, CorpusFix, PreparedCorpus } from '../text/types'
import type { Language } from './language'
import { originOf, useModel } from './model'
import { useSettings } from './settings'

export interface SampleCorpus {
  readonly id: string
  readonly file: string
  readonly kind: string
  readonly language: Language
  readonly bytes: number
  readonly title: Readonly<Record<Language, string>>
  readonly description: Readonly<Record<Language, string>>
  readonly suggestedPrompts: readonly string[]
}

export type DatasetState =
  | { readonly name: 'empty' }
  /** `previous`: what was made of the same files with other settings, to look at until then. */
  | { readonly name: 'reading'; readonly previous?: PreparedCorpus }
  | { readonly name: 'ready'; readonly corpus: PreparedCorpus }
  | { readonly name: 'failed'; readonly error: AppError; readonly previous?: PreparedCorpus }

interface DatasetStore {
  readonly state: DatasetState
  readonly files: readonly NamedFile[]
  /** Which columns a person said hold what; null lets their names decide. */
  readonly mapping: ColumnMapping | null
  readonly fixes: readonly CorpusFix[]
  /** A name for people: the file's, or the sample's title. Empty when there is nothing. */
  readonly title: string
  /** Id of the sample corpus in use; null for a person's own files. */
  readonly sampleId: string | null
  readonly samples: readonly SampleCorpus[]
  /** The text of the samples that were looked at, by id. */
  readonly sampleTexts: Readonly<Record<string, string>>
  readonly loadSamples: () => Promise<void>
  /** Fetches a sample's text for a look at it; nothing is prepared. */
  readonly lookAtSample: (id: string) => Promise<void>
  /** Resolves when the corpus is ready; rejects with what is wrong with it, which `state` says too. */
  readonly takeFiles: (files: readonly NamedFile[]) => Promise<void>
  readonly takeSample: (id: string, language: Language) => Promise<void>
  /** Reads the same files by other columns. `state` says how it went. */
  readonly setMapping: (mapping: ColumnMapping | null) => void
  /** Does something about a problem, or undoes that. */
  readonly toggleFix: (fix: CorpusFix) => void
  /** Again from the same files with the settings of now. */
  readonly prepareAgain: () => Promise<void>
  readonly clear: () => void
}

/** Other files are read as they are, whatever was said about those before. */
const asFound = { mapping: null, fixes: [] }

/** The corpus to look at, which may be that of the settings before. */
export function corpusOf(state: DatasetState): PreparedCorpus | undefined {
  return state.name === 'ready' ? state.corpus : state.name === 'empty' ? undefined : state.previous
}

/** Two preparations can overlap when a knob moves quickly: only the last one counts. */
let latest = 0

export const useDataset = create<DatasetStore>()((set, get) => {
  async function prepare(files: readonly NamedFile[]): Promise<void> {
    const turn = ++latest
    const previous = files === get().files ? corpusOf(get().state) : undefined
    const kept = previous ? { previous } : {}
    set({ files, state: { name: 'reading', ...kept } })
    const { sequenceLength, validationShare, seed } = useSettings.getState().settings
    try {
      const { mapping, fixes } = get()
      const request = { files, sequenceLength, validationShare, seed, mapping, fixes }
      const corpus = await prepareCorpus(request, originOf(useModel.getState().choice))
      if (turn === latest) set({ state: { name: 'ready', corpus } })
    } catch (thrown) {
      const error = toAppError(thrown)
      if (turn === latest) set({ state: { name: 'failed', error, ...kept } })
      throw error
    }
  }

  const prepareAgain = async (): Promise<void> => {
    if (get().files.length > 0) await prepare(get().files)
  }

  return {
    state: { name: 'empty' },
    files: [],
    mapping: null,
    fixes: [],
    title: '',
    sampleId: null,
    samples: [],
    sampleTexts: {},
    loadSamples: async () => {
      if (get().samples.length > 0) return
      const bytes = await readPublicFile('corpora/index.json')
      // Our own file: a test reads it with the same type.
      set({ samples: JSON.parse(new TextDecoder().decode(bytes)) as SampleCorpus[] })
    },
    lookAtSample: async (id) => {
      await get().loadSamples()
      const sample = get().samples.find((one) => one.id === id)
      if (!sample || get().sampleTexts[id] !== undefined) return
      const text = new TextDecoder().decode(await readPublicFile(`corpora/${sample.file}`))
      set({ sampleTexts: { ...get().sampleTexts, [id]: text } })
    },
    takeFiles: async (files) => {
      const [first] = files
      if (!first) return
      set({ title: files.length === 1 ? first.name : `${first.name} +${files.length - 1}`, sampleId: null, ...asFound })
      await prepare(files)
    },
    takeSample: async (id, language) => {
      await get().loadSamples()
      const sample = get().samples.find((one) => one.id === id)
      if (!sample) throw new AppError('file/not-readable', { message: `no sample corpus ${id}`, details: { id } })
      set({ title: sample.title[language], sampleId: id, state: { name: 'reading' }, ...asFound })
      try {
        await prepare([{ name: sample.file, bytes: await readPublicFile(`corpora/${sample.file}`) }])
      } catch (thrown) {
        const error = toAppError(thrown)
        set({ state: { name: 'failed', error } })
        throw error
      }
    },
    setMapping: (mapping) => {
      set({ mapping })
      void prepareAgain().catch(() => undefined)
    },
    toggleFix: (fix) => {
      const { fixes } = get()
      set({ fixes: fixes.includes(fix) ? fixes.filter((one) => one !== fix) : [...fixes, fix] })
      void prepareAgain().catch(() => undefined)
    },
    prepareAgain,
    clear: () => {
      latest += 1
      set({ state: { name: 'empty' }, files: [], title: '', sampleId: null, ...asFound })
    },
  }
})

/** Knobs that change how text becomes samples; they are dragged, so wait until they rest. */
const REST_MS = 250
let resting: ReturnType<typeof setTimeout> | undefined

useSettings.subscribe(({ settings: now }, { settings: before }) => {
  const isSame =
    now.sequenceLength === before.sequenceLength &&
    now.validationShare === before.validationShare &&
    now.seed === before.seed
  if (isSame) return
  clearTimeout(resting)
  resting = setTimeout(() => {
    // `state` says what went wrong.
    void useDataset
      .getState()
      .prepareAgain()
      .catch(() => undefined)
  }, REST_MS)
})

// Another model reads the same text with another tokenizer.
useModel.subscribe((now, before) => {
  if (now.choice !== before.choice)
    void useDataset
      .getState()
      .prepareAgain()
      .catch(() => undefined)
})
