// What a run will do, and what it will take. The estimate follows every change; while one is being
// computed only the newest waits.
import { create } from 'zustand'
import { toAppError, type AppError } from '../base/errors'
import type { LinearName, RunEstimate, TrainingSettings } from '../engine/api'
import { engine } from '../rpc/client'
import { useModel } from './model'
import { fitTargets, presets, type PresetName } from '../engine/presets'
import { readQuery, writeQuery } from './settingsQuery'

export { presetNames, presets, type PresetName } from '../engine/presets'

export type EstimateState =
  /** No model yet: there is nothing to estimate. */
  | { readonly name: 'none' }
  | { readonly name: 'ready'; readonly estimate: RunEstimate }
  | { readonly name: 'failed'; readonly error: AppError }

interface SettingsStore {
  readonly settings: TrainingSettings
  /** The preset these settings began as. */
  readonly preset: PresetName
  readonly estimate: EstimateState
  readonly change: (change: Partial<TrainingSettings>) => void
  readonly choosePreset: (preset: PresetName) => void
  /** From a link. */
  readonly readFromQuery: (query: string) => void
  readonly toQuery: () => string
  readonly refreshEstimate: () => Promise<void>
}

let estimating = false
let isOutdated = false

export const useSettings = create<SettingsStore>()((set, get) => ({
  settings: presets.balanced,
  preset: 'balanced',
  estimate: { name: 'none' },
  change: (change) => {
    set({ settings: { ...get().settings, ...change } })
    void get().refreshEstimate()
  },
  choosePreset: (preset) => {
    // The precision is a question of its own: a preset does not answer it.
    const { precision } = get().settings
    set({ preset, settings: { ...presetSettings(preset), precision } })
    void get().refreshEstimate()
  },
  readFromQuery: (query) => {
    if (query === get().toQuery()) return
    set(readQuery(query))
    void get().refreshEstimate()
  },
  toQuery: () => writeQuery(get()),
  refreshEstimate: async () => {
    if (useModel.getState().state.name !== 'ready') {
      set({ estimate: { name: 'none' } })
      return
    }
    if (estimating) {
      isOutdated = true
      return
    }
    estimating = true
    try {
      do {
        isOutdated = false
        const estimate = await engine().planRun(get().settings)
        set({ estimate: { name: 'ready', estimate } })
      } while (isOutdated)
    } catch (thrown) {
      set({ estimate: { name: 'failed', error: toAppError(thrown) } })
    } finally {
      estimating = false
    }
    // A change that arrived together with a failure.
    if (isOutdated) {
      isOutdated = false
      await get().refreshEstimate()
    }
  },
}))

useModel.subscribe((now, before) => {
  if (now.state.name === before.state.name) return
  const { settings, preset, change, refreshEstimate } = useSettings.getState()
  const isOtherModel = now.state.name === 'ready' && now.choice !== fittedTo
  if (!isOtherModel) {
    void refreshEstimate()
    return
  }
  // Knobs that nobody moved follow the model; the others stay, as far as the model has such layers.
  const wasChanged = isChangedFromPreset({ settings, preset }, fittedTo)
  fittedTo = now.choice
  if (wasChanged) change({ targets: targetsOfNow(settings.targets) })
  else change({ ...presetSettings(preset), precision: settings.precision })
})

/** The model that the settings were last made to fit. */
let fittedTo = useModel.getState().choice

/** The presets' rate suits the embedded model of a few million weights; larger ones want a tenth of it. */
const OWN_MODEL_RATE = 0.1

/** `targets` as far as the model of now has them. */
function targetsOfNow(targets: readonly LinearName[]): readonly LinearName[] {
  const { state } = useModel.getState()
  return state.name === 'ready' ? fitTargets(targets, state.info.linears) : targets
}

/** What a preset says for the model of now. */
export function presetSettings(preset: PresetName, choice = useModel.getState().choice): TrainingSettings {
  const { targets, learningRate, ...rest } = presets[preset]
  return {
    ...rest,
    targets: targetsOfNow(targets),
    learningRate: choice === 'embedded' ? learningRate : learningRate * OWN_MODEL_RATE,
  }
}

/** True when a knob was moved away from its preset; the precision does not count. */
export function isChangedFromPreset(
  { settings, preset }: Pick<SettingsStore, 'settings' | 'preset'>,
  choice = useModel.getState().choice,
): boolean {
  const expected = presetSettings(preset, choice)
  return (
    writeQuery({ preset, settings: { ...settings, precision: expected.precision } }) !==
    writeQuery({ preset, settings: expected })
  )
}
