// What a run will do, and what it will take. The estimate follows every change; while one is being
// computed only the newest waits.
import { create } from 'zustand'
import { toAppError, type AppError } from '../base/errors'
import type { RunEstimate, TrainingSettings } from '../engine/api'
import { engine } from '../rpc/client'
import { useModel } from './model'
import { presets, type PresetName } from '../engine/presets'
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
    set({ preset, settings: { ...presets[preset], precision } })
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
  if (now.state.name !== before.state.name) void useSettings.getState().refreshEstimate()
})

/** True when a knob was moved away from its preset; the precision does not count. */
export function isChangedFromPreset({ settings, preset }: Pick<SettingsStore, 'settings' | 'preset'>): boolean {
  return (
    writeQuery({ preset, settings: { ...settings, precision: presets[preset].precision } }) !==
    writeQuery({ preset, settings: presets[preset] })
  )
}
