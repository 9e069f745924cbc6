// Reading results without stalling: a small ring of mappable buffers for one tensor. While one is being
// mapped the next copy goes into another, so several steps can be in flight.
import { AppError } from '../base/errors'
import { sizeBytes, type Tensor } from '../plan/tensor'
import type { Gpu } from './gpu'

const MODE_READ = 0x1 // GPUMapMode.READ

export class Readback {
  readonly #gpu: Gpu
  readonly #tensor: Tensor
  readonly #free: GPUBuffer[]
  readonly #waiting: ((buffer: GPUBuffer) => void)[] = []

  constructor(gpu: Gpu, tensor: Tensor, { depth = 1 }: { depth?: number } = {}) {
    this.#gpu = gpu
    this.#tensor = tensor
    this.#free = Array.from({ length: depth }, () => gpu.arena.readback(sizeBytes(tensor), `read ${tensor.name}`))
  }

  /** A copy of the tensor's bytes after everything submitted so far. */
  async read(): Promise<ArrayBuffer> {
    const staging = this.#free.pop() ?? (await new Promise<GPUBuffer>((resolve) => this.#waiting.push(resolve)))
    const { device } = this.#gpu
    const encoder = device.createCommandEncoder({ label: staging.label })
    const bytes = sizeBytes(this.#tensor)
    encoder.copyBufferToBuffer(this.#gpu.bufferOf(this.#tensor), this.#tensor.offsetBytes, staging, 0, bytes)
    device.queue.submit([encoder.finish()])
    try {
      await staging.mapAsync(MODE_READ)
    } catch (cause) {
      this.#gpu.check()
      // A loss is announced after the map fails; either way these bytes never come.
      throw new AppError('device/lost', { message: `reading ${this.#tensor.name} failed`, cause })
    }
    const copy = staging.getMappedRange().slice(0)
    staging.unmap()
    this.#gpu.check()
    const next = this.#waiting.shift()
    if (next) next(staging)
    else this.#free.push(staging)
    return copy
  }

  /** Call when no read is under way. */
  dispose(): void {
    for (const buffer of this.#free) this.#gpu.arena.destroy(buffer)
    this.#free.length = 0
  }
}
