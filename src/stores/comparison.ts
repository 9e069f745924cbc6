// Base and adapter side by side: answers to one prompt, and the measured cells of {base, adapter} x
// {float32, int8}. A cell belongs to the adapter and the text it was measured with and goes when they go.
import { create } from 'zustand'
import { toAppError, type AppError } from '../base/errors'
import type { GenerateResult, Precision, Prompt, SamplingSettings } from '../engine/api'
import { engine } from '../rpc/client'
import { useAdapter } from './adapter'
import { allCells, answerId, cellId, type AnswerKey, type CellKey, type MeasuredCells } from './comparedCells'
import { MAX_REPORT_BYTES, readReport, type ComparisonReport } from './comparisonReport'
import { useDataset } from './dataset'
import { useModel } from './model'
import { promptFor } from './prompts'

/** A piece of an answer, and how likely the model held it. */
export interface Piece {
  readonly text: string
  readonly probability: number
}

export interface Answer {
  readonly pieces: readonly Piece[]
  /** Null while it is being written. */
  readonly result: GenerateResult | null
  /** Of the adapter, when it began. */
  readonly strength: number
  /** The strength was changed while it wrote. */
  readonly isMoved: boolean
}

interface ComparisonStore {
  readonly prompt: string
  readonly precision: Precision | 'both'
  readonly sampling: SamplingSettings
  /** How much of the adapter answers; figures are always measured with all of it. */
  readonly strength: number
  /** Off is strength 0, and the strength is kept. */
  readonly isAdapterOn: boolean
  /** Kept adapters that answer beside the current one, by id. */
  readonly beside: readonly string[]
  /** While an adapter writes, both count from its next token on. */
  readonly setStrength: (strength: number) => void
  readonly setAdapterOn: (isOn: boolean) => void
  readonly setBeside: (ids: readonly string[]) => void
  /** The prompt that `answers` answer. */
  readonly askedPrompt: string | null
  /** How that prompt was put to the model. */
  readonly askedAs: Prompt['as']
  /** By `answerId`. */
  readonly answers: Readonly<Partial<Record<string, Answer>>>
  /** Which model is writing now. */
  readonly writing: AnswerKey | null
  readonly answerError: AppError | null
  readonly cells: MeasuredCells
  /** Cells still to be measured; the first is being measured now. */
  readonly queue: readonly CellKey[]
  /** How many the queue held when it began. */
  readonly queueLength: number
  readonly measureError: AppError | null
  /** A comparison that somebody made, opened beside this one. */
  readonly opened: ComparisonReport | null
  readonly openError: AppError | null
  readonly setPrompt: (prompt: string) => void
  readonly setPrecision: (precision: Precision | 'both') => void
  readonly changeSampling: (change: Partial<SamplingSettings>) => void
  /** The chosen models one after the other; only the base when there is no adapter. Never rejects. */
  readonly ask: () => Promise<void>
  readonly stopAsking: () => Promise<void>
  /** One cell after another: two at once would measure each other. Never rejects. */
  readonly measure: (keys: readonly CellKey[]) => Promise<void>
  /** The cell being measured is finished, the others are not begun. */
  readonly stopMeasuring: () => void
  /** Never rejects; what was open before stays open when the file is none. */
  readonly openReport: (file: Blob) => Promise<void>
  readonly closeReport: () => void
}

/** How many adapters may stand beside the current one: more columns than four cannot be read. */
export const MOST_BESIDE = 2

/** The columns of the chosen precision: the base, its adapter, and what stands beside. */
export function columnsOf(precision: Precision | 'both', beside: readonly string[]): AnswerKey[] {
  const precisions = precision === 'both' ? (['float32', 'int8'] as const) : [precision]
  return precisions.flatMap((one): AnswerKey[] => [
    { model: 'base', precision: one },
    { model: 'adapter', precision: one },
    ...beside.map((adapterId): AnswerKey => ({ model: 'adapter', precision: one, adapterId })),
  ])
}

function hasAdapter(): boolean {
  return useAdapter.getState().state.name === 'ready'
}

/** Changes when what a cell measures changes; a late answer for the old one is thrown away. */
let generation = 0
let isStopped = false

function effectiveStrength({ strength, isAdapterOn }: ComparisonStore): number {
  return isAdapterOn ? strength : 0
}

export const useComparison = create<ComparisonStore>()((set, get) => ({
  prompt: '',
  precision: 'float32',
  sampling: { temperature: 0, topK: 40, topP: 0.95, seed: 42, maxTokens: 80 },
  strength: 1,
  isAdapterOn: true,
  beside: [],
  setStrength: (strength) => {
    set({ strength })
    moveStrength()
  },
  setAdapterOn: (isAdapterOn) => {
    set({ isAdapterOn })
    moveStrength()
  },
  setBeside: (ids) => set({ beside: ids.slice(0, MOST_BESIDE) }),
  askedPrompt: null,
  askedAs: undefined,
  answers: {},
  writing: null,
  answerError: null,
  cells: {},
  queue: [],
  queueLength: 0,
  measureError: null,
  opened: null,
  openError: null,
  setPrompt: (prompt) => set({ prompt }),
  setPrecision: (precision) => set({ precision }),
  changeSampling: (change) => set({ sampling: { ...get().sampling, ...change } }),
  ask: async () => {
    const { prompt, precision, sampling, beside, writing, queue } = get()
    if (writing || queue.length > 0) return
    isStopped = false
    const keys = columnsOf(precision, beside).filter(({ model }) => model === 'base' || hasAdapter())
    set({ askedPrompt: prompt, answers: {}, answerError: null, writing: keys[0] ?? null })
    try {
      const asked = await promptFor(prompt, await useModel.getState().load())
      set({ askedAs: asked.as })
      for (const key of keys) {
        if (isStopped) break
        set({ writing: key })
        const pieces: Piece[] = []
        const strength = effectiveStrength(get())
        const id = answerId(key)
        let result: GenerateResult | null = null
        const show = (isMoved = get().answers[id]?.isMoved ?? false) =>
          set({ answers: { ...get().answers, [id]: { pieces: [...pieces], result, strength, isMoved } } })
        show(false)
        const { precision: own, model, adapterId } = key
        const of = {
          precision: own,
          usesAdapter: model === 'adapter',
          adapterStrength: strength,
          ...(adapterId !== undefined && { adapterId }),
        }
        const request = { prompt: asked, sampling, ...of }
        // Pieces come by a port of their own: the last may arrive after the result.
        result = await engine().generate(request, (text, probability) => {
          pieces.push({ text, probability })
          show()
        })
        show()
      }
    } catch (thrown) {
      set({ answerError: toAppError(thrown) })
    } finally {
      set({ writing: null })
    }
  },
  stopAsking: async () => {
    isStopped = true
    try {
      await engine().stopGenerating()
    } catch (thrown) {
      set({ answerError: toAppError(thrown) })
    }
  },
  measure: async (keys) => {
    if (get().queue.length > 0 || get().writing) return
    const queue = keys.filter(({ model }) => model === 'base' || hasAdapter())
    set({ queue, queueLength: queue.length, measureError: null })
    try {
      await useModel.getState().load()
      for (let key = get().queue[0]; key; key = get().queue[0]) {
        const turn = generation
        const dataset = useDataset.getState().state
        const validation =
          dataset.name === 'ready' && dataset.corpus.validation.sequences > 0 ? dataset.corpus.validation : null
        const request = { precision: key.precision, usesAdapter: key.model === 'adapter', validation }
        const cell = await engine().measureCell(request)
        if (turn === generation) set({ cells: { ...get().cells, [cellId(key)]: cell } })
        set({ queue: get().queue.slice(1) })
      }
    } catch (thrown) {
      set({ measureError: toAppError(thrown) })
    } finally {
      set({ queue: [], queueLength: 0 })
    }
  },
  stopMeasuring: () => set({ queue: get().queue.slice(0, 1) }),
  openReport: async (file) => {
    try {
      // One byte more than allowed is enough to be refused; the rest of a large file is never read.
      set({ opened: readReport(await file.slice(0, MAX_REPORT_BYTES + 1).text()), openError: null })
    } catch (thrown) {
      set({ openError: toAppError(thrown) })
    }
  },
  closeReport: () => set({ opened: null, openError: null }),
}))

/** Tells a generation that is under way, and its answer. */
function moveStrength(): void {
  const state = useComparison.getState()
  const { writing, answers } = state
  if (writing?.model !== 'adapter') return
  const id = answerId(writing)
  const answer = answers[id]
  if (answer) useComparison.setState({ answers: { ...answers, [id]: { ...answer, isMoved: true } } })
  engine()
    .setAdapterStrength(effectiveStrength(state))
    .catch((thrown: unknown) => useComparison.setState({ answerError: toAppError(thrown) }))
}

useAdapter.subscribe((now, before) => {
  const infoOf = (state: typeof now.state) => (state.name === 'ready' ? state.info : null)
  if (now.shelf !== before.shelf) {
    const { adapters, currentId } = now.shelf
    const kept = new Set(adapters.map(({ id }) => id).filter((id) => id !== currentId))
    useComparison.setState({ beside: useComparison.getState().beside.filter((id) => kept.has(id)) })
  }
  if (infoOf(now.state) === infoOf(before.state)) return
  generation += 1
  // What the base answered and measured still holds.
  const { answers, cells } = useComparison.getState()
  useComparison.setState({ answers: ofBase(answers), cells: ofBase(cells) })
})

function ofBase<T>(byCell: Readonly<Partial<Record<string, T>>>): Readonly<Partial<Record<string, T>>> {
  const ids = new Set(allCells.filter(({ model }) => model === 'base').map(cellId))
  return Object.fromEntries(Object.entries(byCell).filter(([id]) => ids.has(id)))
}

useDataset.subscribe((now, before) => {
  const validationOf = (state: typeof now.state) => (state.name === 'ready' ? state.corpus.validation : null)
  if (validationOf(now.state) === validationOf(before.state)) return
  generation += 1
  useComparison.setState({ cells: {} })
})
