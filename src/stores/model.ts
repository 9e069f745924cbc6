// The model that is trained.
import { create } from 'zustand'
import { toAppError, type AppError } from '../base/errors'
import type { ModelInfo } from '../engine/api'
import { publicUrl } from '../platform/publicFiles'
import { engine } from '../rpc/client'

export type ModelState =
  | { readonly name: 'none' }
  | { readonly name: 'loading' }
  | { readonly name: 'ready'; readonly info: ModelInfo }
  | { readonly name: 'failed'; readonly error: AppError }

interface ModelStore {
  readonly state: ModelState
  /** The model that ships with the page, for cards that speak of it before it is loaded. */
  readonly embedded: { readonly name: string; readonly parameters: number; readonly fileBytes: number }
  /** Loads the embedded model; the same promise while it is loading, at once when it is there. */
  readonly load: () => Promise<ModelInfo>
  /** The device was lost: what was loaded is gone. */
  readonly forget: () => void
}

/** Below `public/`, with a slash at the end: file names are resolved against it. */
const EMBEDDED_PATH = 'models/plume-stories/'

export const modelUrl = (): string => publicUrl(EMBEDDED_PATH)

let loading: Promise<ModelInfo> | null = null

export const useModel = create<ModelStore>()((set, get) => ({
  state: { name: 'none' },
  embedded: { name: 'plume-stories', parameters: 3_803_392, fileBytes: 7_719_461 },
  load: () => {
    const { state } = get()
    if (state.name === 'ready') return Promise.resolve(state.info)
    loading ??= load().finally(() => {
      loading = null
    })
    return loading

    async function load(): Promise<ModelInfo> {
      set({ state: { name: 'loading' } })
      try {
        const info = await engine().loadModel(modelUrl())
        set({ state: { name: 'ready', info } })
        return info
      } catch (thrown) {
        const error = toAppError(thrown)
        set({ state: { name: 'failed', error } })
        throw error
      }
    }
  },
  forget: () => set({ state: { name: 'none' } }),
}))
