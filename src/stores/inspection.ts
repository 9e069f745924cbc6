// Which linear is looked into, and what was found there. What was found belongs to the model and the adapter it was
// found in and goes when they go.
import { create } from 'zustand'
import { toAppError, type AppError } from '../base/errors'
import type { InspectRequest, LinearInspection } from '../engine/api'
import { engine } from '../rpc/client'
import { useAdapter } from './adapter'
import { useModel } from './model'

export type InspectionState =
  | { readonly name: 'none' }
  | { readonly name: 'looking'; readonly request: InspectRequest; readonly previous: LinearInspection | null }
  | { readonly name: 'ready'; readonly inspection: LinearInspection }
  | { readonly name: 'failed'; readonly error: AppError }

interface InspectionStore {
  readonly state: InspectionState
  /** Loads the model when it is not there. Never rejects. */
  readonly look: (request: InspectRequest) => Promise<void>
}

export const useInspection = create<InspectionStore>()((set, get) => ({
  state: { name: 'none' },
  look: async (request) => {
    const before = get().state
    if (before.name === 'looking') return
    const looking = { name: 'looking', request, previous: before.name === 'ready' ? before.inspection : null } as const
    set({ state: looking })
    // What was asked may have gone meanwhile.
    const finish = (state: InspectionState) => get().state === looking && set({ state })
    try {
      await useModel.getState().load()
      finish({ name: 'ready', inspection: await engine().inspectLinear(request) })
    } catch (thrown) {
      finish({ name: 'failed', error: toAppError(thrown) })
    }
  },
}))

function forget(): void {
  useInspection.setState({ state: { name: 'none' } })
}
useAdapter.subscribe((now, before) => {
  if (now.state !== before.state) forget()
})
useModel.subscribe((now, before) => {
  const idOf = ({ state }: typeof now) => (state.name === 'ready' ? state.info.sha256 : null)
  if (idOf(before) !== null && idOf(now) !== idOf(before)) forget()
})
