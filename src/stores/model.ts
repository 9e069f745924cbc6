// The model that is trained: the one that ships with the page, or one of a person's own.
import { create } from 'zustand'
import { toAppError, type AppError } from '../base/errors'
import type { ModelFilesRequest, ModelInfo } from '../engine/api'
import { publicUrl, readPublicFile } from '../platform/publicFiles'
import { engine, type ModelOrigin } from '../rpc/client'

export type ModelState =
  | { readonly name: 'none' }
  | { readonly name: 'loading' }
  | { readonly name: 'ready'; readonly info: ModelInfo }
  | { readonly name: 'failed'; readonly error: AppError }

/** Which model: the one that ships with the page, or a person's own. */
export type ModelChoice = 'embedded' | ModelFilesRequest

interface ModelStore {
  readonly state: ModelState
  readonly choice: ModelChoice
  /** The model that ships with the page, for cards that speak of it before it is loaded. */
  readonly embedded: { readonly name: string; readonly parameters: number; readonly fileBytes: number }
  /** Loads the chosen model; the same promise while it is loading, at once when it is there. */
  readonly load: () => Promise<ModelInfo>
  /** Chooses a model from a folder in Hugging Face's layout or a GGUF file, and loads it. `state` says how it went. */
  readonly takeFiles: (files: readonly File[]) => void
  /** Chooses a model whose files are at hand already, and loads it. */
  readonly takeModel: (model: ModelFilesRequest) => void
  /** Back to the model that ships with the page. */
  readonly takeEmbedded: () => void
  /** The device was lost: what was loaded is gone. */
  readonly forget: () => void
}

/** Below `public/`, with a slash at the end: file names are resolved against it. */
const EMBEDDED_PATH = 'models/plume-stories/'

let loading: { readonly choice: ModelChoice; readonly info: Promise<ModelInfo> } | null = null

export const useModel = create<ModelStore>()((set, get) => {
  async function load(choice: ModelChoice): Promise<ModelInfo> {
    set({ state: { name: 'loading' } })
    // Another choice may have been made meanwhile: only the last one counts.
    const settle = (state: ModelState) => {
      if (get().choice === choice) set({ state })
    }
    try {
      const origin = originOf(choice)
      const info = await (typeof origin === 'string' ? engine().loadModel(origin) : engine().openModel(origin))
      settle({ name: 'ready', info })
      return info
    } catch (thrown) {
      const error = toAppError(thrown)
      settle({ name: 'failed', error })
      throw error
    }
  }

  const take = (choice: ModelChoice) => {
    set({ choice, state: { name: 'none' } })
    void get()
      .load()
      .catch(() => undefined) // `state` says what went wrong
  }

  return {
    state: { name: 'none' },
    choice: 'embedded',
    embedded: { name: 'plume-stories', parameters: 3_803_392, fileBytes: 7_719_461 },
    load: () => {
      const { state, choice } = get()
      if (state.name === 'ready') return Promise.resolve(state.info)
      if (loading?.choice !== choice) {
        const info = (loading?.info ?? Promise.resolve(null))
          .catch(() => null) // the engine does one thing at a time
          .then(() => load(choice))
        const started = { choice, info }
        loading = started
        void info
          .catch(() => undefined)
          .finally(() => {
            if (loading === started) loading = null
          })
      }
      return loading.info
    },
    takeFiles: (files) => {
      const named = files.map((file) => ({ name: file.webkitRelativePath || file.name, blob: file }))
      take({ name: nameOf(named.map(({ name }) => name)), files: named })
    },
    takeModel: take,
    takeEmbedded: () => {
      if (get().choice !== 'embedded') take('embedded')
    },
    forget: () => set({ state: { name: 'none' } }),
  }
})

/** The config.json of the model that ships with the page, which arrives long before its weights. */
export async function embeddedConfig(): Promise<unknown> {
  return JSON.parse(new TextDecoder().decode(await readPublicFile(`${EMBEDDED_PATH}config.json`)))
}

/** Where the engine and the tokenizer find it. */
export function originOf(choice: ModelChoice): ModelOrigin {
  return choice === 'embedded' ? publicUrl(EMBEDDED_PATH) : choice
}

/** The folder's name, or a GGUF file's without its ending. */
function nameOf(names: readonly string[]): string {
  const gguf = names.find((name) => name.toLowerCase().endsWith('.gguf'))
  if (gguf !== undefined) return gguf.slice(gguf.lastIndexOf('/') + 1, -'.gguf'.length)
  const folder = names.find((name) => name.includes('/'))?.split('/')[0]
  return folder ?? 'my model'
}
