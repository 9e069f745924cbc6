// The adapter's files on their way to a repository on the hub. Nothing here starts by itself, and the token is not kept.
import { create } from 'zustand'
import { toAppError, type AppError } from '../base/errors'
import type { Uploaded, UploadProgress, UploadRequest } from '../hub/api'
import { hub } from '../rpc/client'
import { useAdapter } from './adapter'
import { useHub } from './hub'

export type HubUploadState =
  | { readonly name: 'idle' }
  | { readonly name: 'sending'; readonly progress: UploadProgress | null }
  | { readonly name: 'sent'; readonly uploaded: Uploaded }
  | { readonly name: 'failed'; readonly error: AppError }

interface HubUploadStore {
  readonly state: HubUploadState
  /** Never rejects. */
  readonly send: (request: UploadRequest) => Promise<void>
  readonly stop: () => void
}

export const useHubUpload = create<HubUploadStore>()((set, get) => ({
  state: { name: 'idle' },
  send: async (request) => {
    if (get().state.name === 'sending') return
    set({ state: { name: 'sending', progress: null } })
    try {
      const uploaded = await hub().upload(request, (progress, { requests, sentBytes }) => {
        useHub.setState({ requests, sentBytes })
        if (get().state.name === 'sending') set({ state: { name: 'sending', progress } })
      })
      set({ state: { name: 'sent', uploaded } })
    } catch (thrown) {
      set({ state: { name: 'failed', error: toAppError(thrown) } })
    }
  },
  stop: () => void hub().stopUpload(),
}))

useAdapter.subscribe((now, before) => {
  // What was sent is the adapter from before. One that is being sent ends by itself.
  if (now.state === before.state || useHubUpload.getState().state.name === 'sending') return
  useHubUpload.setState({ state: { name: 'idle' } })
})
