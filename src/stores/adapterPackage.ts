// The files of the current adapter as they leave: with its card, in the form that was chosen. Packed anew whenever one
// of them changes; the last request counts.
import { create } from 'zustand'
import { toAppError, type AppError } from '../base/errors'
import type { AdapterDType, AdapterPackage } from '../engine/api'
import { engine } from '../rpc/client'
import { useAdapter } from './adapter'
import { useCard } from './card'
import { useModel } from './model'

export type PackageState =
  | { readonly name: 'none' }
  /** What was packed before is no more what would leave; it is there to be looked at. */
  | { readonly name: 'packing'; readonly before: AdapterPackage | null }
  | { readonly name: 'ready'; readonly files: AdapterPackage }
  | { readonly name: 'failed'; readonly error: AppError }

interface PackageStore {
  readonly state: PackageState
  readonly dtype: AdapterDType
  readonly setDType: (dtype: AdapterDType) => void
  /** Something changed: what was packed may not leave any more. */
  readonly outdate: () => void
  /** @param curves - a picture of the loss as PNG. Never rejects. */
  readonly pack: (curves: Uint8Array | null) => Promise<void>
}

let turn = 0

export const usePackage = create<PackageStore>()((set, get) => ({
  state: { name: 'none' },
  dtype: 'float32',
  setDType: (dtype) => set({ dtype }),
  outdate: () => {
    turn++
    set({ state: { name: 'packing', before: lastOf(get().state) } })
  },
  pack: async (curves) => {
    get().outdate()
    const own = turn
    const settle = (state: PackageState) => {
      if (own === turn) set({ state })
    }
    const card = useCard.getState().state
    try {
      const files = await engine().packAdapter({
        dtype: get().dtype,
        card: card.name === 'ready' ? card.sound : null,
        curves,
        baseRevision: baseRevision(),
      })
      settle({ name: 'ready', files })
    } catch (thrown) {
      settle({ name: 'failed', error: toAppError(thrown) })
    }
  },
}))

function lastOf(state: PackageState): AdapterPackage | null {
  if (state.name === 'ready') return state.files
  return state.name === 'packing' ? state.before : null
}

/** The commit of the base, where it came from the hub. */
export function baseRevision(): string | null {
  const { choice } = useModel.getState()
  return choice === 'embedded' ? null : (choice.revision ?? null)
}

/** What was packed is of the adapter and the card from before. */
function forget(): void {
  turn++
  usePackage.setState({ state: { name: 'none' } })
}

useAdapter.subscribe((now, before) => {
  if (now.state !== before.state) forget()
})
