// The base in ONNX Runtime Web, beside our own: one row for each place it can compute at and each precision.
import { create } from 'zustand'
import { toAppError, type AppError } from '../base/errors'
import { onnxPrecisions, type OnnxMeasurement, type OnnxRequest } from '../engine/api'
import { engine } from '../rpc/client'
import { useModel } from './model'

export type OnnxState =
  | { readonly name: 'idle' }
  /** null: the runtime is being fetched. */
  | { readonly name: 'measuring'; readonly request: OnnxRequest | null; readonly done: number; readonly all: number }
  | { readonly name: 'failed'; readonly error: AppError }

interface OnnxStore {
  readonly state: OnnxState
  readonly measurements: readonly OnnxMeasurement[]
  /** Never rejects. */
  readonly measure: () => Promise<void>
  readonly stop: () => void
}

let isStopped = false

export const useOnnxReference = create<OnnxStore>()((set, get) => ({
  state: { name: 'idle' },
  measurements: [],
  measure: async () => {
    if (get().state.name === 'measuring') return
    isStopped = false
    set({ measurements: [], state: { name: 'measuring', request: null, done: 0, all: 1 } })
    try {
      await useModel.getState().load()
      const providers = await engine().onnxProviders()
      const requests = providers.flatMap((provider) => onnxPrecisions.map((precision) => ({ provider, precision })))
      for (const [done, request] of requests.entries()) {
        if (isStopped) break
        set({ state: { name: 'measuring', request, done, all: requests.length } })
        const measurement = await engine().measureOnnx(request)
        set({ measurements: [...get().measurements, measurement] })
      }
      set({ state: { name: 'idle' } })
    } catch (thrown) {
      set({ state: { name: 'failed', error: toAppError(thrown) } })
    }
  },
  stop: () => {
    isStopped = true
  },
}))

useModel.subscribe((now, before) => {
  // Figures of another model say nothing of this one.
  const idOf = ({ state }: typeof now) => (state.name === 'ready' ? state.info.sha256 : null)
  if (idOf(before) !== null && idOf(now) !== idOf(before) && useOnnxReference.getState().state.name !== 'measuring') {
    useOnnxReference.setState({ measurements: [] })
  }
})
