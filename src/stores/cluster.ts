// The run as a folder for another machine. Without the text unless somebody asks for it.
import { create } from 'zustand'
import { toAppError, type AppError } from '../base/errors'
import { engine } from '../rpc/client'
import { useAdapter } from './adapter'
import { useDataset } from './dataset'
import { useModel } from './model'
import { useSettings } from './settings'

interface ClusterStore {
  readonly state: { readonly name: 'idle' | 'making' } | { readonly name: 'failed'; readonly error: AppError }
  readonly includesText: boolean
  readonly setIncludesText: (includes: boolean) => void
  /** The zip, or null when it failed. Starts from the current adapter where there is one. */
  readonly make: () => Promise<Uint8Array | null>
}

export const useCluster = create<ClusterStore>()((set, get) => ({
  state: { name: 'idle' },
  includesText: false,
  setIncludesText: (includesText) => set({ includesText }),
  make: async () => {
    set({ state: { name: 'making' } })
    try {
      await useModel.getState().load()
      const dataset = useDataset.getState().state
      const { zip } = await engine().exportCluster({
        settings: useSettings.getState().settings,
        train: get().includesText && dataset.name === 'ready' ? dataset.corpus.train : null,
        continuesAdapter: useAdapter.getState().state.name === 'ready',
      })
      set({ state: { name: 'idle' } })
      return zip
    } catch (thrown) {
      set({ state: { name: 'failed', error: toAppError(thrown) } })
      return null
    }
  },
}))
