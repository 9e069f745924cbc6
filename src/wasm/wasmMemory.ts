// The tensors of a processor that computes with ONNX Runtime, as its graphs read them, and the order of what is done
// with them.
//
// int8 lies unsigned around 128, all in ordinary memory, and is copied into the runtime with every run:
// 15 MB for the embedded model, a few milliseconds of a step of hundreds.
import { assert, defined } from '../base/assert'
import { bytesOf } from '../base/bytes'
import { AppError } from '../base/errors'
import { unsigned } from '../onnx/onnxFile'
import { emptyBytesByRole, type BytesByRole } from '../plan/memory'
import { elementCount, sizeBytes, type Tensor } from '../plan/tensor'

export type StoredArray =
  | Float32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>

export class WasmMemory {
  readonly #arrays = new Map<Tensor, StoredArray>()
  /** Writes, runs and reads, one after the other. */
  #queue: Promise<unknown> = Promise.resolve()
  #isIdle = true

  place(tensor: Tensor): void {
    const { base } = tensor
    assert(base.isPersistent, `${base.name} does not outlive a run`)
    if (!this.#arrays.has(base)) this.#arrays.set(base, allocate(base))
  }

  free(tensor: Tensor): void {
    this.#arrays.delete(tensor.base)
  }

  write(tensor: Tensor, data: ArrayBufferView, offsetBytes = 0): void {
    this.place(tensor)
    assert(offsetBytes + data.byteLength <= sizeBytes(tensor), `${data.byteLength} bytes do not fit ${tensor.name}`)
    if (this.#isIdle) {
      this.#set(tensor, bytesOf(data), offsetBytes)
      return
    }
    const copy = bytesOf(data).slice() // the caller may change it before its turn
    void this.enqueue(() => Promise.resolve(this.#set(tensor, copy, offsetBytes)))
  }

  async idle(): Promise<void> {
    await this.#queue
  }

  bytesByRole(): BytesByRole {
    const bytes = emptyBytesByRole()
    for (const [tensor, array] of this.#arrays) bytes[tensor.role] += array.buffer.byteLength
    return bytes
  }

  dispose(): void {
    this.#arrays.clear()
  }

  /** The elements of a tensor as graphs read them: live, for executors of this device. */
  array(tensor: Tensor): StoredArray {
    const whole = defined(this.#arrays.get(tensor.base), `${tensor.base.name} has no bytes yet`)
    if (tensor === tensor.base) return whole
    assert(whole.BYTES_PER_ELEMENT === 4, `${tensor.name} is a window into packed elements`)
    const first = tensor.offsetBytes / 4
    return whole.subarray(first, first + elementCount(tensor))
  }

  /** Does `work` when everything before it is done. When it fails, so does all that comes after it. */
  enqueue<T>(work: () => Promise<T>): Promise<T> {
    this.#isIdle = false
    const done = this.#queue.then(work).catch((thrown: unknown) => {
      throw memoryError(thrown)
    })
    this.#queue = done
    done.then(
      () => {
        if (this.#queue === done) this.#isIdle = true
      },
      () => undefined, // whoever reads next is told
    )
    return done
  }

  /** Does `work` whatever happened before, and forgets what failed. */
  async recover(work: () => Promise<void>): Promise<void> {
    const after = this.#queue.catch(() => undefined).then(work)
    this.#queue = after
    await after
    if (this.#queue === after) this.#isIdle = true
  }

  #set(tensor: Tensor, data: Uint8Array, offsetBytes: number): void {
    const { buffer, byteOffset } = this.array(tensor)
    const stored = tensor.dtype === 'i8' ? unsigned(data) : data
    new Uint8Array(buffer, byteOffset + offsetBytes).set(stored)
  }
}

function allocate(tensor: Tensor): StoredArray {
  const count = elementCount(tensor)
  switch (tensor.dtype) {
    case 'f32':
      return new Float32Array(count)
    case 'f16':
      return new Uint16Array(new ArrayBuffer(sizeBytes(tensor)), 0, count) // what is written are whole words
    case 'u32':
      return new Uint32Array(count)
    case 'i8':
      return new Uint8Array(count).fill(128)
  }
}

/** What a runtime or an array says when memory is short is no code. */
export function memoryError(thrown: unknown): unknown {
  if (thrown instanceof AppError) return thrown
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  const isMemory = thrown instanceof RangeError || /bad_alloc|out of memory|memory access out of bounds/i.test(message)
  return isMemory ? new AppError('device/out-of-memory', { message, cause: thrown }) : thrown
}
