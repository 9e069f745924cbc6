// A run, from the button to its end: a state machine, so that a button that makes no sense cannot be
// shown. What the run reports is in runHistory.ts.
import { create } from 'zustand'
import { AppError, toAppError } from '../base/errors'
import type {
  BytesByRole,
  RunListener,
  RunResult,
  StepMetrics,
  TrainingSettings,
  UnfinishedRun,
  ValidationMetrics,
} from '../engine/api'
import { engine, restartEngine } from '../rpc/client'
import { useAdapter } from './adapter'
import { useCapability } from './capability'
import { useDataset } from './dataset'
import { embeddedConfig, useModel } from './model'
import { useNotices } from './notices'
import { promptFor } from './prompts'
import { appendEvents, clearHistory, runHistory } from './runHistory'
import { useSettings } from './settings'

export type RunState =
  | { readonly name: 'idle' }
  | { readonly name: 'starting' }
  | { readonly name: 'running' }
  | { readonly name: 'pausing' }
  | { readonly name: 'paused' }
  | { readonly name: 'stopping' }
  | { readonly name: 'finished'; readonly result: RunResult }
  | { readonly name: 'failed'; readonly error: AppError }

/** A run holds the GPU in these. */
export const aliveRunStates: readonly RunState['name'][] = ['starting', 'running', 'pausing', 'paused', 'stopping']

interface RunStore {
  readonly state: RunState
  /** Changes at most four times a second: the sign to read `runHistory` again. */
  readonly version: number
  readonly latest: StepMetrics | null
  readonly latestValidation: ValidationMetrics | null
  readonly memory: BytesByRole | null
  /** What the run was started with; the knobs may have moved since. */
  readonly settings: TrainingSettings | null
  readonly corpusName: string
  /** Answered by the model as it learns. Null: the suggestions of the corpus. */
  readonly pinnedPrompts: readonly string[] | null
  readonly unfinished: readonly UnfinishedRun[]
  readonly setPinnedPrompts: (prompts: readonly string[]) => void
  /**
   * A run with the settings of now is sure to come: lets the engine begin with it while text and model are on their way.
   * Never rejects.
   */
  readonly foresee: () => Promise<void>
  /** Trains on the ready corpus with the settings of now; loads the model when it is not there. Never rejects. */
  readonly start: () => Promise<void>
  readonly pause: () => Promise<void>
  readonly resume: () => Promise<void>
  readonly stop: () => Promise<void>
  /** Clears a finished or failed run from the page; its adapter stays. */
  readonly reset: () => void
  readonly refreshUnfinished: () => Promise<void>
  readonly resumeUnfinished: (runId: string) => Promise<void>
  readonly discardUnfinished: (runId: string) => Promise<void>
}

/** Four redraws a second are enough for an eye and leave the GPU to the run. */
const REDRAW_MS = 250
const MOST_PINNED_PROMPTS = 3
const FALLBACK_PROMPT = 'Once upon a time'

export const useRun = create<RunStore>()((set, get) => {
  let memory: BytesByRole | null = null
  let timer: ReturnType<typeof setTimeout> | undefined
  let lastDraw = 0

  function publish(): void {
    clearTimeout(timer)
    timer = undefined
    lastDraw = Date.now()
    const latest = runHistory.steps.at(-1) ?? null
    const latestValidation = runHistory.validations.at(-1) ?? null
    set({ version: get().version + 1, latest, latestValidation, memory })
  }

  const listen: RunListener = (events, bytes) => {
    memory = bytes
    appendEvents(events)
    if (get().state.name === 'starting') set({ state: { name: 'running' } })
    timer ??= setTimeout(publish, Math.max(0, REDRAW_MS - (Date.now() - lastDraw)))
  }

  /** From a call that trains to one of the two ends. */
  async function follow(call: () => Promise<RunResult>): Promise<void> {
    try {
      const result = await call()
      publish()
      set({ state: { name: 'finished', result } })
    } catch (thrown) {
      const error = toAppError(thrown)
      publish()
      set({ state: { name: 'failed', error } })
      if (error.code === 'device/lost' || error.code === 'engine/stopped-answering') await startOver()
    }
    await Promise.all([useAdapter.getState().refresh(), get().refreshUnfinished()])
  }

  function begin(settings: TrainingSettings, corpusName: string): void {
    clearHistory()
    memory = null
    const version = get().version + 1
    set({
      state: { name: 'starting' },
      version,
      settings,
      corpusName,
      latest: null,
      latestValidation: null,
      memory: null,
    })
  }

  /** Asks the engine for a change of state and says so at once; a refusal puts the old state back. */
  async function ask(during: RunState, call: () => Promise<void>, after: RunState): Promise<void> {
    const before = get().state
    set({ state: during })
    try {
      await call()
      if (get().state.name === during.name) set({ state: after })
    } catch (thrown) {
      if (get().state.name === during.name) set({ state: before })
      useNotices.getState().report(thrown)
    }
  }

  return {
    state: { name: 'idle' },
    version: 0,
    latest: null,
    latestValidation: null,
    memory: null,
    settings: null,
    corpusName: '',
    pinnedPrompts: null,
    unfinished: [],
    setPinnedPrompts: (prompts) => set({ pinnedPrompts: prompts.slice(0, MOST_PINNED_PROMPTS) }),
    foresee: async () => {
      if (useModel.getState().choice !== 'embedded') return
      // What goes wrong here goes wrong again where it is told.
      await embeddedConfig()
        .then((config) => engine().foreseeRun(config, useSettings.getState().settings))
        .catch(() => undefined)
    },
    start: async () => {
      if (isAlive(get().state)) return
      const { settings } = useSettings.getState()
      const { state: dataset, title } = useDataset.getState()
      begin(settings, title)
      await follow(async () => {
        if (dataset.name === 'failed') throw dataset.error
        if (dataset.name !== 'ready') {
          throw new AppError('corpus/empty', { message: `a run was started while the corpus is ${dataset.name}` })
        }
        const model = await useModel.getState().load()
        const { train, validation } = dataset.corpus
        const request = {
          runId: newRunId(),
          settings,
          train,
          validation: validation.sequences > 0 ? validation : null,
          pinnedPrompts: await Promise.all(pinnedPrompts().map((prompt) => promptFor(prompt, model))),
          sampleEvery: Math.max(10, Math.round(settings.steps / 6)),
          corpusName: title,
        }
        return await engine().train(request, listen)
      })
    },
    pause: async () => {
      if (get().state.name === 'running') {
        await ask({ name: 'pausing' }, () => engine().pause(), { name: 'paused' })
      }
    },
    resume: async () => {
      if (get().state.name === 'paused') {
        await ask({ name: 'running' }, () => engine().resume(), { name: 'running' })
      }
    },
    stop: async () => {
      if (['running', 'pausing', 'paused'].includes(get().state.name)) {
        await ask({ name: 'stopping' }, () => engine().stop(), { name: 'stopping' })
      }
    },
    reset: () => {
      if (isAlive(get().state)) return
      clearHistory()
      memory = null
      set({ state: { name: 'idle' }, latest: null, latestValidation: null, memory: null, version: get().version + 1 })
    },
    refreshUnfinished: async () => {
      try {
        set({ unfinished: await engine().unfinishedRuns() })
      } catch {
        // A browser without storage has no unfinished runs; a run says so itself when it cannot save.
        set({ unfinished: [] })
      }
    },
    resumeUnfinished: async (runId) => {
      const run = get().unfinished.find((one) => one.runId === runId)
      if (!run || isAlive(get().state)) return
      begin(run.settings, run.corpusName)
      appendEvents(run.events)
      publish()
      await follow(async () => {
        await useModel.getState().load()
        return await engine().resumeRun(runId, listen)
      })
    },
    discardUnfinished: async (runId) => {
      try {
        await engine().discardRun(runId)
      } catch (thrown) {
        useNotices.getState().report(thrown)
      }
      await get().refreshUnfinished()
    },
  }
})

export function isAlive(state: RunState): boolean {
  return aliveRunStates.includes(state.name)
}

/** What a run started now would answer as it learns. */
export function pinnedPrompts(): readonly string[] {
  const chosen = useRun.getState().pinnedPrompts
  if (chosen) return chosen.filter((prompt) => prompt.trim() !== '')
  const { samples, sampleId } = useDataset.getState()
  return samples.find((sample) => sample.id === sampleId)?.suggestedPrompts ?? [FALLBACK_PROMPT]
}

/** A fresh engine after one that is gone; the checkpoint of its run is in storage. */
async function startOver(): Promise<void> {
  restartEngine()
  useModel.getState().forget()
  await useCapability.getState().check()
}

function newRunId(): string {
  return `run-${Date.now().toString(36)}-${crypto.getRandomValues(new Uint32Array(1))[0]?.toString(36) ?? '0'}`
}
