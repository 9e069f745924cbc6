// What holds persistent tensors and runs plans: a GPU (gpu/), or the processor through ONNX Runtime (onnx/). The engine
// cannot tell them apart.
import type { ErrorCode } from '../base/errors'
import type { Executor } from './executor'
import type { KernelSpec, Shape, Way } from './kernelSpec'
import type { BytesByRole, PlannedRead } from './memory'
import type { Plan } from './plan'
import type { Tensor } from './tensor'

export interface Device {
  /**
   * Steps bind buffers of a limited size, and each costs a dispatch: so large tables lie in parts, and layers of one input
   * follow each other (`layoutOn` in models/model.ts). False where neither counts.
   */
  readonly needsParts: boolean
  /** Gives a persistent tensor its zeroed bytes; views share their base's. Doing it twice is harmless. */
  place(tensor: Tensor): void
  free(tensor: Tensor): void
  /** Sets bytes of a persistent tensor, from `offsetBytes` on. Ordered with what executors run. */
  write(tensor: Tensor, data: ArrayBufferView, offsetBytes?: number): void
  /**
   * Runs `allocate` and reports running out of memory as an error.
   *
   * @throws AppError `device/out-of-memory`
   */
  guarded<T>(allocate: () => T): Promise<T>
  /** Begins with what takes long about `plans`, so that `build` finds it done or under way. Fails silently: `build` tells. */
  foresee(plans: readonly Plan[]): void
  /**
   * Prepares `plans`, which never run at the same time, and what it takes to read `reads` while running. Those of `later`
   * get their memory too, but wait for the executor's `ready()` with what takes long: shaders and graphs.
   *
   * @throws AppError `device/out-of-memory`
   */
  build(plans: readonly Plan[], reads?: readonly PlannedRead[], later?: readonly Plan[]): Promise<Executor>
  /** Finds out, for every kernel of `plans` that can be computed in several ways, which is the fastest here. */
  tune(plans: readonly Plan[]): Promise<void>
  /** The fastest of the other ways to compute a kernel that were tried; null where there was nothing to try. */
  choiceOf(kernel: KernelSpec, shape: Shape): KernelChoice | null
  /** Resolves when everything run so far is done. */
  idle(): Promise<void>
  /** Bytes alive now: the device's own ledger. */
  bytesByRole(): BytesByRole
  dispose(): void
}

/** The best of a kernel's alternatives on a device. */
export interface KernelChoice {
  readonly way: Way
  /** How many times as fast as the kernel's own implementation. */
  readonly speedup: number
  /** It is faster by enough. */
  readonly isTaken: boolean
}

export type DeviceKind = 'webgpu' | 'wasm'

/** What a device says of itself. */
export interface DeviceFacts {
  readonly kind: DeviceKind
  /** Why there is no GPU, where there is none. */
  readonly noGpu: Extract<ErrorCode, 'device/no-webgpu' | 'device/no-adapter'> | null
  /** As the browser names it; may be empty where it does not say. */
  readonly vendor: string
  readonly architecture: string
  readonly description: string
  /** It computes on the processor: right, but slow. */
  readonly isSoftware: boolean
  readonly hasFloat16: boolean
  readonly hasSubgroups: boolean
  readonly hasTimestamps: boolean
  /** The shading language has products of four int8 at once, native or not. */
  readonly hasInt8Products: boolean
  readonly maxBufferBytes: number
  readonly maxBindingBytes: number
}
