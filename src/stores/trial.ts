// The same short training on a float32 and on an int8 base. What it learned is thrown away; the figures stay.
import { create } from 'zustand'
import { AppError, toAppError } from '../base/errors'
import type { Precision, TrainingTrial } from '../engine/api'
import { engine } from '../rpc/client'
import { useDataset } from './dataset'
import { useModel } from './model'
import { useSettings } from './settings'

/** Enough to see whether curves part, short enough to wait for. */
const TRIAL_STEPS = 50

export interface LossPoint {
  readonly step: number
  readonly loss: number
}

export type TrialState =
  | { readonly name: 'idle' }
  | { readonly name: 'running'; readonly precision: Precision; readonly step: number }
  | { readonly name: 'failed'; readonly error: AppError }

interface TrialStore {
  readonly state: TrialState
  readonly steps: number
  readonly curves: Readonly<Partial<Record<Precision, readonly LossPoint[]>>>
  readonly trials: Readonly<Partial<Record<Precision, TrainingTrial>>>
  /** One after the other: two at once would measure each other. Never rejects. */
  readonly run: () => Promise<void>
  readonly stop: () => Promise<void>
}

let isStopped = false

export const useTrial = create<TrialStore>()((set, get) => ({
  state: { name: 'idle' },
  steps: TRIAL_STEPS,
  curves: {},
  trials: {},
  run: async () => {
    if (get().state.name === 'running') return
    isStopped = false
    const settings = { ...useSettings.getState().settings, steps: TRIAL_STEPS }
    set({ curves: {}, trials: {}, state: { name: 'running', precision: 'float32', step: 0 } })
    try {
      await useModel.getState().load()
      const dataset = useDataset.getState().state
      if (dataset.name !== 'ready') throw new AppError('corpus/empty', { message: 'there is no text to train on' })
      const { train, validation } = dataset.corpus
      for (const precision of ['float32', 'int8'] as const) {
        if (isStopped) break
        set({ state: { name: 'running', precision, step: 0 } })
        const points: LossPoint[] = []
        const request = {
          settings: { ...settings, precision },
          train,
          validation: validation.sequences > 0 ? validation : null,
        }
        const trial = await engine().trainTrial(request, (point) => {
          points.push(point)
          set({
            curves: { ...get().curves, [precision]: [...points] },
            state: { name: 'running', precision, step: point.step },
          })
        })
        set({ trials: { ...get().trials, [precision]: trial } })
      }
      set({ state: { name: 'idle' } })
    } catch (thrown) {
      set({ state: { name: 'failed', error: toAppError(thrown) } })
    }
  },
  stop: async () => {
    isStopped = true
    await engine().stop()
  },
}))

useDataset.subscribe((now, before) => {
  // Curves of another text say nothing of this one.
  if (now.files !== before.files && useTrial.getState().state.name !== 'running') {
    useTrial.setState({ curves: {}, trials: {} })
  }
})
