// The only place that creates GPU buffers, and the ledger of what they hold. The memory chart is exact
// because of this file.
import { assert } from '../base/assert'
import { emptyBytesByRole, type BytesByRole } from '../plan/memory'
import type { Role } from '../plan/tensor'

const STORAGE = 0x80 // GPUBufferUsage.STORAGE; the numbers are the specification's, and Node has no global for them
const COPY_SOURCE = 0x04
const COPY_DESTINATION = 0x08
const MAP_READ = 0x01
const UNIFORM = 0x40

export class Arena {
  readonly #device: GPUDevice
  readonly #roles = new Map<GPUBuffer, Role>()
  readonly #bytes = emptyBytesByRole()
  #created = 0

  constructor(device: GPUDevice) {
    this.#device = device
  }

  /** A zeroed storage buffer. */
  storage(role: Role, size: number, label: string): GPUBuffer {
    return this.#create(role, size, label, STORAGE | COPY_SOURCE | COPY_DESTINATION)
  }

  /** A buffer the host can map to read results. Counts as staging. */
  readback(size: number, label: string): GPUBuffer {
    return this.#create('staging', size, label, MAP_READ | COPY_DESTINATION)
  }

  /** A buffer of small constants. Counts as staging. */
  uniform(size: number, label: string): GPUBuffer {
    return this.#create('staging', size, label, UNIFORM | COPY_DESTINATION)
  }

  destroy(buffer: GPUBuffer): void {
    const role = this.#roles.get(buffer)
    assert(role !== undefined, `${buffer.label} is not of this arena`)
    this.#roles.delete(buffer)
    this.#bytes[role] -= buffer.size
    buffer.destroy()
  }

  /** Bytes alive now, by role. */
  bytesByRole(): BytesByRole {
    return { ...this.#bytes }
  }

  /** Buffers created since the start: flat once a run is warm. */
  get createdCount(): number {
    return this.#created
  }

  #create(role: Role, size: number, label: string, usage: number): GPUBuffer {
    const buffer = this.#device.createBuffer({ label, size, usage })
    this.#roles.set(buffer, role)
    this.#bytes[role] += buffer.size
    this.#created += 1
    return buffer
  }
}
