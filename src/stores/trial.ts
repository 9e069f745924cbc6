// The same short training with LoRA on a float32 and on an int8 base, and of the whole model where it is small. What it
// learned is thrown away; the figures stay.
import { create } from 'zustand'
import { AppError, toAppError } from '../base/errors'
import type { TrainingTrial, TrialMethod } from '../engine/api'
import { engine } from '../rpc/client'
import { useDataset } from './dataset'
import { useModel } from './model'
import { useSettings } from './settings'

/** Enough to see whether curves part, short enough to wait for. */
const TRIAL_STEPS = 50

/** Which training: LoRA on a base of this precision, or full fine-tuning. */
export type TrialKind = 'float32' | 'int8' | 'full'
export const trialKinds: readonly TrialKind[] = ['float32', 'int8', 'full']

export interface LossPoint {
  readonly step: number
  readonly loss: number
}

export type TrialState =
  | { readonly name: 'idle' }
  | { readonly name: 'running'; readonly kind: TrialKind; readonly step: number }
  | { readonly name: 'failed'; readonly error: AppError }

interface TrialStore {
  readonly state: TrialState
  readonly steps: number
  readonly curves: Readonly<Partial<Record<TrialKind, readonly LossPoint[]>>>
  readonly trials: Readonly<Partial<Record<TrialKind, TrainingTrial>>>
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
    set({ curves: {}, trials: {}, state: { name: 'running', kind: 'float32', step: 0 } })
    try {
      await useModel.getState().load()
      const dataset = useDataset.getState().state
      if (dataset.name !== 'ready') throw new AppError('corpus/empty', { message: 'there is no text to train on' })
      const { train, validation } = dataset.corpus
      const { state: model } = useModel.getState()
      const canTrainWhole = model.name === 'ready' && model.info.canTrainWhole
      for (const kind of trialKinds) {
        if (isStopped || (kind === 'full' && !canTrainWhole)) break
        set({ state: { name: 'running', kind, step: 0 } })
        const points: LossPoint[] = []
        const method: TrialMethod = kind === 'full' ? 'full' : 'lora'
        const precision = kind === 'full' ? 'float32' : kind
        const request = {
          method,
          settings: { ...settings, precision },
          train,
          validation: validation.sequences > 0 ? validation : null,
        }
        const trial = await engine().trainTrial(request, (point) => {
          points.push(point)
          set({
            curves: { ...get().curves, [kind]: [...points] },
            state: { name: 'running', kind, step: point.step },
          })
        })
        set({ trials: { ...get().trials, [kind]: trial } })
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
