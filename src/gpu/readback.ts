// Reading results without stalling: a small ring of mappable buffers, large enough for the tensors it
// serves. While one is being mapped the next copy goes into another, so several steps can be in flight.
import { AppError } from '../base/errors'
import { sizeBytes, type Tensor } from '../plan/tensor'
import type { Gpu } from './gpu'

const MODE_READ = 0x1 // GPUMapMode.READ

export class Readback {
  readonly #gpu: Gpu
  readonly #free: GPUBuffer[]
  readonly #waiting: ((buffer: GPUBuffer) => void)[] = []

  constructor(gpu: Gpu, bytes: number, { depth = 1 }: { depth?: number } = {}) {
    this.#gpu = gpu
    this.#free = Array.from({ length: depth }, (_, index) => gpu.arena.readback(bytes, `readback ${index}`))
  }

  /** A copy of the tensor's bytes after everything submitted so far. */
  async read(tensor: Tensor): Promise<ArrayBuffer> {
    const staging = this.#free.pop() ?? (await new Promise<GPUBuffer>((resolve) => this.#waiting.push(resolve)))
    const { device } = this.#gpu
    const encoder = device.createCommandEncoder({ label: `read ${tensor.name}` })
    const bytes = sizeBytes(tensor)
    encoder.copyBufferToBuffer(this.#gpu.bufferOf(tensor), tensor.offsetBytes, staging, 0, bytes)
    device.queue.submit([encoder.finish()])
    try {
      await staging.mapAsync(MODE_READ, 0, bytes)
    } catch (cause) {
      this.#gpu.check()
      // A loss is announced after the map fails; either way these bytes never come.
      throw new AppError('device/lost', { message: `reading ${tensor.name} failed`, cause })
    }
    const copy = staging.getMappedRange(0, bytes).slice(0)
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
