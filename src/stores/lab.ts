// This device measured: its ceilings, its kernels one after the other, and whole steps of the model that is open. What came
// before a stop or a failure is kept.
import { create } from 'zustand'
import { toAppError, type AppError } from '../base/errors'
import { precisions, type BenchRow, type Ceilings, type DeviceReport, type Precision } from '../engine/api'
import { engine } from '../rpc/client'
import { useCapability } from './capability'
import { useModel } from './model'
import { useSettings } from './settings'

/** Each kernel once, at its smallest size; or every size, also of the steps, and more often. */
export type Extent = 'short' | 'all'
const roundsOf: Readonly<Record<Extent, number>> = { short: 3, all: 5 }

export type Measuring =
  | { readonly kind: 'ceilings' }
  | { readonly kind: 'kernel'; readonly what: string; readonly name: string }
  | { readonly kind: 'steps'; readonly precision: Precision }

export type LabState =
  | { readonly name: 'idle' }
  | { readonly name: 'measuring'; readonly now: Measuring; readonly done: number; readonly all: number }
  | { readonly name: 'done' }
  | { readonly name: 'stopped' }
  | { readonly name: 'failed'; readonly error: AppError }

/** What was measured so far. */
export interface Findings {
  readonly measuredAt: string
  readonly extent: Extent
  readonly device: DeviceReport | null
  /** Of the steps; null where no model was open. */
  readonly modelName: string | null
  readonly ceilings: Ceilings
  readonly rows: readonly BenchRow[]
}

interface LabStore {
  readonly state: LabState
  readonly extent: Extent
  readonly findings: Findings | null
  readonly setExtent: (extent: Extent) => void
  /** One after the other: two at once would measure each other. Never rejects. */
  readonly measure: () => Promise<void>
  /** After the kernel that is being timed. */
  readonly stop: () => void
}

let isStopped = false

export const useLab = create<LabStore>()((set, get) => ({
  state: { name: 'idle' },
  extent: 'short',
  findings: null,
  setExtent: (extent) => set({ extent }),
  measure: async () => {
    if (get().state.name === 'measuring') return
    isStopped = false
    set({ state: { name: 'measuring', now: { kind: 'ceilings' }, done: 0, all: 1 }, findings: null })
    try {
      await measureAll(get().extent, (update) => set(update))
      set({ state: { name: isStopped ? 'stopped' : 'done' } })
    } catch (thrown) {
      set({ state: { name: 'failed', error: toAppError(thrown) } })
    }
  },
  stop: () => {
    isStopped = true
  },
}))

async function measureAll(
  extent: Extent,
  set: (update: Partial<Pick<LabStore, 'state' | 'findings'>>) => void,
): Promise<void> {
  const rounds = roundsOf[extent]
  const kernels = (await engine().benchKernels()).filter(({ isLightest }) => extent === 'all' || isLightest)
  const model = useModel.getState().state
  const capability = useCapability.getState().state
  const precisions = model.name === 'ready' ? stepPrecisions(extent) : []
  const all = 1 + kernels.length + precisions.length
  let done = 0
  const say = (now: Measuring) => set({ state: { name: 'measuring', now, done, all } })

  say({ kind: 'ceilings' })
  const begun = {
    measuredAt: new Date().toISOString(),
    extent,
    device: capability.name === 'ready' ? capability.device : null,
    modelName: model.name === 'ready' ? model.info.name : null,
    ceilings: await engine().measureCeilings(rounds),
  }
  const rows: BenchRow[] = []
  const keep = (...more: readonly BenchRow[]) => {
    rows.push(...more)
    done += 1
    set({ findings: { ...begun, rows: [...rows] } })
  }
  keep()
  for (const { index, what, name } of kernels) {
    if (isStopped) return
    say({ kind: 'kernel', what, name })
    keep(await engine().measureKernel({ index, rounds, tunes: extent === 'all' }))
  }
  for (const precision of precisions) {
    if (isStopped) return
    say({ kind: 'steps', precision })
    keep(...(await engine().measureSteps({ precision, rounds })))
  }
}

/** Another precision takes loading the model again, and may not fit: a short bench keeps to the one that is set. */
function stepPrecisions(extent: Extent): readonly Precision[] {
  const { precision } = useSettings.getState().settings
  if (extent === 'short') return [precision]
  return [precision, ...precisions.filter((one) => one !== precision)]
}
