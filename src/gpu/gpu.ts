// One device with what belongs to it: the arena, the pipelines, and the bytes of persistent tensors.
import { assert, defined } from '../base/assert'
import { AppError } from '../base/errors'
import type { BytesByRole } from '../plan/memory'
import { sizeBytes, type Tensor } from '../plan/tensor'
import { Arena } from './arena'
import { PipelineCache } from './pipelines'
import type { Tuner } from './tuner'

export class Gpu {
  readonly device: GPUDevice
  readonly arena: Arena
  readonly pipelines: PipelineCache
  /** Chooses among implementations; without one, every kernel is computed in its own. */
  tuner: Tuner | null = null
  readonly #buffers = new Map<Tensor, GPUBuffer>()
  #failure: AppError | undefined

  constructor(device: GPUDevice) {
    this.device = device
    this.arena = new Arena(device)
    this.pipelines = new PipelineCache(device)
    device.addEventListener('uncapturederror', ({ error }) => this.#fail('unexpected', error.message))
    void device.lost.then(({ message }) => this.#fail('device/lost', message))
  }

  /** Throws what went wrong on the device since the start. Submits to a lost device stay silent, so ask. */
  check(): void {
    if (this.#failure) throw this.#failure
  }

  /** Gives a persistent tensor its zeroed buffer; views share their base's. Doing it twice is harmless. */
  place(tensor: Tensor): void {
    const { base } = tensor
    assert(base.isPersistent, `${base.name} does not outlive a run`)
    if (this.#buffers.has(base)) return
    this.#buffers.set(base, this.arena.storage(base.role, sizeBytes(base), base.name))
  }

  free(tensor: Tensor): void {
    const buffer = this.#buffers.get(tensor.base)
    if (!buffer) return
    this.#buffers.delete(tensor.base)
    this.arena.destroy(buffer)
  }

  bufferOf(tensor: Tensor): GPUBuffer {
    return defined(this.#buffers.get(tensor.base), `${tensor.base.name} has no buffer yet`)
  }

  write(tensor: Tensor, data: ArrayBufferView, offsetBytes = 0): void {
    this.place(tensor)
    const { buffer, byteOffset, byteLength } = data
    assert(offsetBytes + byteLength <= sizeBytes(tensor), `${byteLength} bytes do not fit ${tensor.name}`)
    this.device.queue.writeBuffer(
      this.bufferOf(tensor),
      tensor.offsetBytes + offsetBytes,
      buffer as ArrayBuffer,
      byteOffset,
      byteLength,
    )
  }

  /**
   * Runs `allocate` and reports running out of memory as an error instead of a dead buffer.
   *
   * @throws AppError `device/out-of-memory`
   */
  async guarded<T>(allocate: () => T): Promise<T> {
    this.device.pushErrorScope('out-of-memory')
    const result = allocate()
    const error = await this.device.popErrorScope()
    this.check()
    if (error) throw new AppError('device/out-of-memory', { message: error.message })
    return result
  }

  async idle(): Promise<void> {
    await this.device.queue.onSubmittedWorkDone()
  }

  bytesByRole(): BytesByRole {
    return this.arena.bytesByRole()
  }

  dispose(): void {
    for (const tensor of this.#buffers.keys()) this.free(tensor)
    this.device.destroy()
  }

  #fail(code: 'device/lost' | 'unexpected', message: string): void {
    this.#failure ??= new AppError(code, { message })
  }
}
