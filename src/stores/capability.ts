// What this browser and GPU can do.
import { create } from 'zustand'
import { toAppError, type AppError } from '../base/errors'
import type { DeviceReport } from '../engine/api'
import { inspectStorage, type StorageReport } from '../platform/storage'
import { engine } from '../rpc/client'

export type Capability =
  | { readonly name: 'checking' }
  | { readonly name: 'ready'; readonly device: DeviceReport }
  | { readonly name: 'none'; readonly error: AppError }

interface CapabilityState {
  readonly state: Capability
  readonly storage: StorageReport | null
  readonly check: () => Promise<void>
}

export const useCapability = create<CapabilityState>()((set) => ({
  state: { name: 'checking' },
  storage: null,
  check: async () => {
    set({ state: { name: 'checking' } })
    const [state, storage] = await Promise.all([inspect(), inspectStorage()])
    set({ state, storage })
  },
}))

/** For a selector: true when plans run in ONNX Runtime, not on a GPU. */
export function isOnProcessor({ state }: CapabilityState): boolean {
  return state.name === 'ready' && state.device.kind === 'wasm'
}

async function inspect(): Promise<Capability> {
  try {
    return { name: 'ready', device: await engine().inspectDevice() }
  } catch (thrown) {
    return { name: 'none', error: toAppError(thrown) }
  }
}
