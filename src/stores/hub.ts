// Models from the hub: which are on this device, and the one that is being fetched. Nothing here starts by itself.
import { create } from 'zustand'
import { toAppError, type AppError } from '../base/errors'
import type { HubProgress, StoredModel } from '../hub/api'
import { askToPersist, inspectStorage, type StorageReport } from '../platform/storage'
import { hub } from '../rpc/client'
import { useModel } from './model'
import { isAlive, useRun } from './run'

export type { StoredModel } from '../hub/api'

export type HubState =
  | { readonly name: 'idle' }
  | { readonly name: 'downloading'; readonly id: string; readonly progress: HubProgress | null }
  | { readonly name: 'failed'; readonly id: string; readonly error: AppError }

interface HubStore {
  readonly state: HubState
  readonly stored: readonly StoredModel[]
  readonly storage: StorageReport | null
  /** Sent to the hub since the page was opened. */
  readonly requests: number
  /** In the bodies of them: an adapter that was sent. */
  readonly sentBytes: number
  /** Reads what is stored. Asks no other host. */
  readonly refresh: () => Promise<void>
  /** Fetches what is missing of a model and makes it the base. The token goes to the hub and is kept nowhere. */
  readonly download: (id: string, token?: string) => Promise<void>
  readonly stop: () => void
  readonly use: (key: string) => Promise<void>
  readonly remove: (key: string) => Promise<void>
}

export const useHub = create<HubStore>()((set, get) => {
  async function telling(id: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (thrown) {
      set({ state: { name: 'failed', id, error: toAppError(thrown) } })
    }
  }

  return {
    state: { name: 'idle' },
    stored: [],
    storage: null,
    requests: 0,
    sentBytes: 0,
    refresh: () =>
      telling('', async () => {
        const [stored, storage] = await Promise.all([hub().stored(), inspectStorage()])
        set({ stored, storage })
      }),
    download: async (id, token) => {
      if (get().state.name === 'downloading') return
      set({ state: { name: 'downloading', id, progress: null } })
      await telling(id, async () => {
        void askToPersist()
        const model = await hub().download({ id, token }, (progress) => {
          set({ state: { name: 'downloading', id, progress }, requests: progress.requests })
        })
        set({ state: { name: 'idle' } })
        const isWhole = model.storedBytes === model.totalBytes
        if (isWhole && !isAlive(useRun.getState().state)) await get().use(model.key)
      })
      await get().refresh()
    },
    stop: () => void hub().stop(),
    use: (key) =>
      telling(key, async () => {
        useModel.getState().takeModel(await hub().open(key))
      }),
    remove: async (key) => {
      await telling(key, () => hub().remove(key))
      await get().refresh()
    },
  }
})
