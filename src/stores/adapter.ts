// The adapters of the open model that are kept here, and the one that answers: of the last run, import or choice.
import { create } from 'zustand'
import { toAppError, type AppError } from '../base/errors'
import type {
  AdapterExport,
  AdapterInfo,
  AdapterShelfView,
  CombineRequest,
  KeptAdapter,
  NamedFile,
} from '../engine/api'
import { engine } from '../rpc/client'
import { recognizeChat } from '../rpc/templates'
import { useModel } from './model'
import { useNotices } from './notices'

export type AdapterState =
  | { readonly name: 'none' }
  | { readonly name: 'importing' }
  | { readonly name: 'ready'; readonly info: AdapterInfo }

interface AdapterStore {
  readonly state: AdapterState
  readonly shelf: AdapterShelfView
  /** What was wrong with the last import; the adapter from before it stays. */
  readonly importError: AppError | null
  /** Names of the files the current adapter was just opened from; empty for every other. */
  readonly openedFrom: readonly string[]
  readonly refresh: () => Promise<void>
  /** Opens a PEFT folder or zip; loads the model when it is not there. True when it became the current adapter. */
  readonly importFiles: (files: readonly NamedFile[]) => Promise<boolean>
  /** @throws AppError of the engine: an adapter without effect, or one that did not read back. */
  readonly exportFiles: () => Promise<AdapterExport>
  /** Makes one current, or none. These three never reject: what went wrong is a notice. */
  readonly choose: (id: string | null) => Promise<void>
  readonly rename: (id: string, name: string) => Promise<void>
  readonly remove: (id: string) => Promise<void>
  /** @throws AppError `adapter/rank-too-large` */
  readonly combine: (request: CombineRequest) => Promise<void>
}

/** The model whose adapters the shelf shows. */
let modelOfShelf: string | null = null

const emptyShelf: AdapterShelfView = { adapters: [], currentId: null }

export const useAdapter = create<AdapterStore>()((set, get) => {
  /** What the engine has now; the same object as before for an adapter that is still current. */
  async function take(): Promise<void> {
    const shelf = await engine().adapters()
    const { state, shelf: before } = get()
    const isSame = state.name === 'ready' && before.currentId === shelf.currentId && modelOfShelf === shownModel()
    modelOfShelf = shownModel()
    const info = currentOf(shelf)?.info
    set({ shelf, ...(isSame ? {} : { state: info ? { name: 'ready', info } : { name: 'none' }, openedFrom: [] }) })
  }

  async function change(work: () => Promise<void>): Promise<void> {
    try {
      await work()
      await take()
    } catch (thrown) {
      useNotices.getState().report(thrown)
    }
  }

  return {
    state: { name: 'none' },
    shelf: emptyShelf,
    importError: null,
    openedFrom: [],
    refresh: async () => {
      if (get().state.name === 'importing') return
      try {
        await take()
      } catch {
        set({ state: { name: 'none' }, shelf: emptyShelf, openedFrom: [] })
      }
    },
    importFiles: async (files) => {
      const before = get().state
      set({ state: { name: 'importing' }, importError: null })
      try {
        await useModel.getState().load()
        await engine().importAdapter(files)
        await take()
        set({ openedFrom: files.map((file) => file.name) })
        return true
      } catch (thrown) {
        set({ state: before, importError: toAppError(thrown) })
        await get().refresh() // the model may have been opened for it, with adapters of its own
        return false
      }
    },
    exportFiles: async () => {
      const { chatTemplate } = await useModel.getState().load()
      return engine().exportAdapter(await recognizeChat(chatTemplate))
    },
    choose: (id) => change(() => engine().chooseAdapter(id)),
    rename: (id, name) => change(() => engine().renameAdapter(id, name)),
    remove: (id) => change(() => engine().deleteAdapter(id)),
    combine: async (request) => {
      await engine().combineAdapters(request)
      await take()
    },
  }
})

export function currentOf({ adapters, currentId }: AdapterShelfView): KeptAdapter | null {
  return adapters.find(({ id }) => id === currentId) ?? null
}

function shownModel(): string | null {
  const { state } = useModel.getState()
  return state.name === 'ready' ? state.info.sha256 : null
}

// Each model has its own.
useModel.subscribe((now, before) => {
  if (now.state !== before.state && now.state.name === 'ready') void useAdapter.getState().refresh()
})
