// The current adapter: of the last run or import.
import { create } from 'zustand'
import { toAppError, type AppError } from '../base/errors'
import type { AdapterExport, AdapterInfo, NamedFile } from '../engine/api'
import { engine } from '../rpc/client'
import { useModel } from './model'

export type AdapterState =
  | { readonly name: 'none' }
  | { readonly name: 'importing' }
  | { readonly name: 'ready'; readonly info: AdapterInfo }

interface AdapterStore {
  readonly state: AdapterState
  /** What was wrong with the last import; the adapter from before it stays. */
  readonly importError: AppError | null
  /** Names of the files the current adapter was opened from; empty for one trained here. */
  readonly openedFrom: readonly string[]
  readonly refresh: () => Promise<void>
  /** Opens a PEFT folder or zip; loads the model when it is not there. True when it became the current adapter. */
  readonly importFiles: (files: readonly NamedFile[]) => Promise<boolean>
  /** @throws AppError of the engine: an adapter without effect, or one that did not read back. */
  readonly exportFiles: () => Promise<AdapterExport>
  readonly drop: () => Promise<void>
}

export const useAdapter = create<AdapterStore>()((set, get) => ({
  state: { name: 'none' },
  importError: null,
  openedFrom: [],
  refresh: async () => {
    try {
      const info = await engine().currentAdapter()
      set({ state: info ? { name: 'ready', info } : { name: 'none' }, openedFrom: [] })
    } catch {
      set({ state: { name: 'none' }, openedFrom: [] })
    }
  },
  importFiles: async (files) => {
    const before = get().state
    set({ state: { name: 'importing' }, importError: null })
    try {
      await useModel.getState().load()
      const info = await engine().importAdapter(files)
      set({ state: { name: 'ready', info }, openedFrom: files.map((file) => file.name) })
      return true
    } catch (thrown) {
      set({ state: before, importError: toAppError(thrown) })
      return false
    }
  },
  exportFiles: () => engine().exportAdapter(),
  drop: async () => {
    await engine().dropAdapter()
    set({ state: { name: 'none' }, openedFrom: [], importError: null })
  },
}))
