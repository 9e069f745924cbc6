// The whole model with the current adapter merged in, as a zip to take away. Its pieces become blobs as they come, which
// the browser may keep on disk: the model is never in the page's memory as a whole.
import { create } from 'zustand'
import { toAppError, type AppError } from '../base/errors'
import type { MergedForm, MergedExport, OllamaChat } from '../engine/api'
import { engine } from '../rpc/client'
import { recognizeChat } from '../rpc/templates'
import { useAdapter } from './adapter'
import { useCard, writtenCard } from './card'
import { useModel } from './model'

export type MergingState =
  | { readonly name: 'none' }
  | { readonly name: 'merging'; readonly writtenBytes: number }
  | {
      readonly name: 'ready'
      readonly zip: Blob
      readonly form: MergedForm
      readonly result: MergedExport
      /** What its Modelfile says, where it has one. */
      readonly chat: OllamaChat | null
    }
  | { readonly name: 'failed'; readonly error: AppError }

interface MergingStore {
  readonly state: MergingState
  readonly form: MergedForm
  readonly setForm: (form: MergedForm) => void
  /** Never rejects. */
  readonly merge: () => Promise<void>
}

export const useMerging = create<MergingStore>()((set, get) => ({
  state: { name: 'none' },
  form: { kind: 'safetensors', dtype: 'float16' },
  setForm: (form) => set({ form }),
  merge: async () => {
    if (get().state.name === 'merging') return
    const { form } = get()
    const parts: Blob[] = []
    let writtenBytes = 0
    set({ state: { name: 'merging', writtenBytes } })
    try {
      const { chatTemplate } = await useModel.getState().load()
      const chat = form.kind === 'gguf' ? await recognizeChat(chatTemplate) : null
      const request = { form, container: 'zip', card: writtenCard(), ...(chat ? { chat } : {}) } as const
      const result = await engine().exportMerged(request, ({ bytes }) => {
        parts.push(new Blob([new Uint8Array(bytes)]))
        writtenBytes += bytes.byteLength
        set({ state: { name: 'merging', writtenBytes } })
      })
      set({ state: { name: 'ready', zip: new Blob(parts, { type: 'application/zip' }), form, result, chat } })
    } catch (thrown) {
      set({ state: { name: 'failed', error: toAppError(thrown) } })
    }
  },
}))

useAdapter.subscribe((now, before) => {
  // What was merged is of the adapter from before. One that is being merged ends by itself.
  if (now.state === before.state || useMerging.getState().state.name === 'merging') return
  useMerging.setState({ state: { name: 'none' } })
})

useCard.subscribe((now, before) => {
  // The card stands in what was merged.
  const card = ({ state }: typeof now) => (state.name === 'ready' ? state.sound : null)
  if (card(now) === card(before) || useMerging.getState().state.name !== 'ready') return
  useMerging.setState({ state: { name: 'none' } })
})
