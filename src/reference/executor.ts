// Runs plans on the processor, each step by its kernel's reference function: the definition that the GPU
// is checked against. Slow on purpose. With `double` every f32 tensor is kept in float64, which is what
// finite differences need.
import { assert, defined } from '../base/assert'
import type { AnyArray } from '../plan/kernelSpec'
import type { Executor } from '../plan/executor'
import type { Plan } from '../plan/plan'
import { bytesPerElement, elementCount, type DType, type Tensor } from '../plan/tensor'

export class ReferenceExecutor implements Executor {
  readonly #arrays = new Map<Tensor, AnyArray>()
  readonly #usesDouble: boolean

  constructor({ double = false }: { double?: boolean } = {}) {
    this.#usesDouble = double
  }

  /** The live elements of a tensor: change them and the next run sees it. */
  array(tensor: Tensor): AnyArray {
    const { base, dtype } = tensor
    let whole = this.#arrays.get(base)
    if (!whole) {
      whole = this.#allocate(base.dtype, elementCount(base))
      this.#arrays.set(base, whole)
    }
    if (tensor === base) return whole
    assert(dtype === base.dtype, `${tensor.name} sees ${base.dtype} as ${dtype}`)
    const start = tensor.offsetBytes / bytesPerElement[dtype]
    return whole.subarray(start, start + elementCount(tensor))
  }

  floats(tensor: Tensor): Float32Array | Float64Array {
    const array = this.array(tensor)
    assert(array instanceof Float32Array || array instanceof Float64Array, `${tensor.name} is ${tensor.dtype}`)
    return array
  }

  write(tensor: Tensor, data: ArrayBufferView, offsetBytes = 0): void {
    assert(tensor.isPersistent, `${tensor.name} does not outlive a run`)
    const target = this.array(tensor)
    const size = tensor.dtype === 'i8' ? 1 : tensor.dtype === 'f16' ? 2 : 4
    const values = typedView(tensor.dtype, data)
    // Data for a GPU is filled up to whole words; more than that is a mistake.
    const surplus = Math.max(0, offsetBytes / size + values.length - target.length)
    assert(surplus < 4 / size, `${data.byteLength} bytes do not fit ${tensor.name}`)
    target.set(surplus > 0 ? Array.from(values).slice(0, -surplus) : values, offsetBytes / size)
  }

  ready(): Promise<void> {
    return Promise.resolve()
  }

  run(plan: Plan): void {
    for (const { kernel, shape, bindings } of plan.steps) {
      const arrays: Record<string, AnyArray> = {}
      for (const name of Object.keys(kernel.bindings)) {
        arrays[name] = this.array(defined(bindings[name], `${kernel.name} misses ${name}`))
      }
      kernel.reference(arrays as never, shape)
    }
  }

  read(tensor: Tensor): Promise<ArrayBuffer> {
    const array = this.array(tensor)
    const copy = array instanceof Float64Array ? Float32Array.from(array) : array.slice()
    return Promise.resolve(copy.buffer as ArrayBuffer)
  }

  dispose(): void {
    this.#arrays.clear()
  }

  #allocate(dtype: DType, count: number): AnyArray {
    switch (dtype) {
      case 'f32':
        return this.#usesDouble ? new Float64Array(count) : new Float32Array(count)
      case 'u32':
        return new Uint32Array(count)
      case 'i8':
        return new Int8Array(count)
      case 'f16':
        return new Uint16Array(count)
    }
  }
}

function typedView(dtype: DType, data: ArrayBufferView): ArrayLike<number> {
  const { buffer, byteOffset, byteLength } = data
  if (data instanceof Float64Array) return data
  switch (dtype) {
    case 'f32':
      return new Float32Array(buffer, byteOffset, byteLength / 4)
    case 'u32':
      return new Uint32Array(buffer, byteOffset, byteLength / 4)
    case 'i8':
      return new Int8Array(buffer, byteOffset, byteLength)
    case 'f16':
      return new Uint16Array(buffer, byteOffset, byteLength / 2)
  }
}
