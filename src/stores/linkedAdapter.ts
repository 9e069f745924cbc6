// An adapter in an address: the one that a person opened the page with, and the one that they ask for. A link that
// comes in is read and shown, and no more, until they say so.
import { create } from 'zustand'
import { AppError, toAppError } from '../base/errors'
import type { AdapterLink, LinkedAdapter } from '../engine/api'
import { engine } from '../rpc/client'
import { useAdapter } from './adapter'
import { baseRevision } from './adapterPackage'
import { useModel } from './model'

export type IncomingState =
  | { readonly name: 'none' }
  | { readonly name: 'reading' }
  | { readonly name: 'ready'; readonly linked: LinkedAdapter; readonly error: AppError | null }
  | { readonly name: 'opening'; readonly linked: LinkedAdapter }
  | { readonly name: 'unreadable'; readonly error: AppError }

export type OutgoingState =
  | { readonly name: 'none' }
  | { readonly name: 'making' }
  | { readonly name: 'ready'; readonly link: AdapterLink }
  | { readonly name: 'failed'; readonly error: AppError }

interface LinkedAdapterStore {
  readonly incoming: IncomingState
  readonly outgoing: OutgoingState
  /** Reads what an address holds. Never rejects. */
  readonly take: (text: string) => Promise<void>
  /** Makes it the current adapter; loads the model when it is not there. Never rejects. */
  readonly open: () => Promise<void>
  readonly dismiss: () => void
  /** Packs the current adapter. Never rejects. */
  readonly make: () => Promise<void>
  readonly forget: () => void
}

let latest = ''

export const useLinkedAdapter = create<LinkedAdapterStore>()((set, get) => ({
  incoming: { name: 'none' },
  outgoing: { name: 'none' },
  take: async (text) => {
    latest = text
    set({ incoming: { name: 'reading' } })
    const settle = (incoming: IncomingState) => {
      if (latest === text) set({ incoming })
    }
    try {
      settle({ name: 'ready', linked: await engine().readLink(text), error: null })
    } catch (thrown) {
      settle({ name: 'unreadable', error: toAppError(thrown) })
    }
  },
  open: async () => {
    const { incoming } = get()
    if (incoming.name !== 'ready') return
    const { linked } = incoming
    set({ incoming: { name: 'opening', linked } })
    try {
      const { id, sha256 } = await useModel.getState().load()
      if (linked.baseSha256 !== null && linked.baseSha256 !== sha256) {
        const details = { base: linked.baseModel.slice(0, 200), open: id }
        throw new AppError('link/other-base', { message: `for ${details.base}, not for ${id}`, details })
      }
      const isOpen = await useAdapter.getState().importFiles([linked.file])
      const { importError } = useAdapter.getState()
      set({ incoming: isOpen ? { name: 'none' } : { name: 'ready', linked, error: importError } })
    } catch (thrown) {
      set({ incoming: { name: 'ready', linked, error: toAppError(thrown) } })
    }
  },
  dismiss: () => {
    latest = ''
    set({ incoming: { name: 'none' } })
  },
  make: async () => {
    set({ outgoing: { name: 'making' } })
    const of = useAdapter.getState().state
    try {
      const link = await engine().linkAdapter(baseRevision())
      if (useAdapter.getState().state === of) set({ outgoing: { name: 'ready', link } })
    } catch (thrown) {
      set({ outgoing: { name: 'failed', error: toAppError(thrown) } })
    }
  },
  forget: () => set({ outgoing: { name: 'none' } }),
}))

useAdapter.subscribe((now, before) => {
  if (now.state !== before.state) useLinkedAdapter.getState().forget()
})
