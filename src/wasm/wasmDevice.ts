// A device that is the processor: plans run as graphs in ONNX Runtime's WebAssembly build. For browsers without WebGPU.
import type { OnnxRuntime } from '../onnx/runtime'
import type { Device, DeviceFacts } from '../plan/device'
import type { PlannedRead } from '../plan/memory'
import type { Plan } from '../plan/plan'
import { WasmExecutor } from './wasmExecutor'
import { memoryError, WasmMemory } from './wasmMemory'

export interface WasmDeviceOptions {
  /** Fetched when a plan is first to run. */
  readonly runtime: () => Promise<OnnxRuntime>
  /** Lets the thread's other tasks have their turn: the runtime blocks it while it computes. */
  readonly nextTask: () => Promise<void>
}

export class WasmDevice extends WasmMemory implements Device {
  /** Ordinary memory has no limit of a binding. */
  readonly needsParts = false
  readonly #options: WasmDeviceOptions

  constructor(options: WasmDeviceOptions) {
    super()
    this.#options = options
  }

  guarded<T>(allocate: () => T): Promise<T> {
    try {
      return Promise.resolve(allocate())
    } catch (thrown) {
      return Promise.reject(memoryError(thrown))
    }
  }

  /** Graphs are opened when they are needed, since that keeps the thread; the runtime is fetched beside other work. */
  foresee(): void {
    this.#options.runtime().catch(() => undefined)
  }

  async build(
    plans: readonly Plan[],
    _reads?: readonly PlannedRead[],
    later: readonly Plan[] = [],
  ): Promise<WasmExecutor> {
    const { runtime, nextTask } = this.#options
    try {
      return await WasmExecutor.build(this, { runtime: await runtime(), nextTask, plans, later })
    } catch (thrown) {
      throw memoryError(thrown)
    }
  }

  /** How a graph is computed is the runtime's to choose. */
  tune(): Promise<void> {
    return Promise.resolve()
  }

  choiceOf(): null {
    return null
  }
}

/** A tensor is copied into the runtime, whose whole memory is 4 GiB. */
const MAX_ARRAY_BYTES = 2 ** 30

export function processorFacts(noGpu: DeviceFacts['noGpu']): DeviceFacts {
  return {
    kind: 'wasm',
    noGpu,
    vendor: '',
    architecture: '',
    description: 'WebAssembly',
    isSoftware: true,
    hasFloat16: false,
    hasSubgroups: false,
    hasTimestamps: false,
    hasInt8Products: false,
    maxBufferBytes: MAX_ARRAY_BYTES,
    maxBindingBytes: MAX_ARRAY_BYTES,
  }
}
