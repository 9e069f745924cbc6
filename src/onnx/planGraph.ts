// A plan as an ONNX graph of its own: what it reads of the tensors that outlive it comes in, what it changes of them
// goes out. Activations are values inside.
import { assert, defined } from '../base/assert'
import type { OnnxDType } from '../formats/onnx'
import { cast, reshape } from '../kernels/lowering'
import type { GraphValue } from '../plan/lowering'
import type { Plan } from '../plan/plan'
import { elementCount, type DType, type Tensor } from '../plan/tensor'
import { OnnxGraphBuilder } from './graphBuilder'
import { lowerPlan, type PlanValues } from './lowerPlan'
import { onnxFile } from './onnxFile'

/** A value at the border of the graph, and the tensor (or the window into one) whose bytes it is. */
export interface GraphPort {
  readonly name: string
  readonly tensor: Tensor
  readonly shape: readonly number[]
}

export interface PlanGraph {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly inputs: readonly GraphPort[]
  readonly outputs: readonly GraphPort[]
}

/** How a graph is given the elements of a tensor. */
export const storedDType: Readonly<Record<DType, OnnxDType>> = {
  f32: 'float32',
  u32: 'uint32',
  i8: 'uint8',
  f16: 'float16',
}

export function planGraph(plan: Plan): PlanGraph {
  const builder = new OnnxGraphBuilder()
  const values = new WindowValues(builder)
  lowerPlan(plan, builder, values)
  const outputs = values.written().map(({ tensor, value }, index): GraphPort => {
    const name = `out_${index}`
    builder.output(reshape(builder, value, tensor.shape), { name, dtype: 'float32', shape: tensor.shape })
    return { name, tensor, shape: tensor.shape }
  })
  return { bytes: onnxFile({ builder, name: plan.name }, {}).bytes, inputs: values.inputs, outputs }
}

interface Window {
  readonly tensor: Tensor
  readonly value: GraphValue
  readonly isWritten: boolean
}

/**
 * Tensors share bytes: a matrix of an adapter is a window into all its parameters, a chunk of rows one into all rows. So
 * what is known of a tensor's bytes is a list of windows that do not overlap.
 */
class WindowValues implements PlanValues {
  readonly inputs: GraphPort[] = []
  readonly #graph: OnnxGraphBuilder
  readonly #windows = new Map<Tensor, Window[]>()

  constructor(graph: OnnxGraphBuilder) {
    this.#graph = graph
  }

  read(tensor: Tensor): GraphValue {
    const windows = this.#windowsOf(tensor)
    const same = windows.find((one) => isSame(one.tensor, tensor))
    if (same) return same.value
    const around = windows.find((one) => startOf(one.tensor) <= startOf(tensor) && endOf(tensor) <= endOf(one.tensor))
    if (around) return this.#partOf(around, tensor)
    const inside = windows.filter((one) => overlap(one.tensor, tensor))
    if (inside.length > 0) return this.#joined(inside, tensor)
    return this.#input(tensor)
  }

  write(tensor: Tensor, value: GraphValue): void {
    const kept = this.#windowsOf(tensor).filter((one) => !overlap(one.tensor, tensor))
    this.#windows.set(tensor.base, [...kept, { tensor, value, isWritten: true }])
  }

  /** What the plan changed of tensors that outlive it. */
  written(): readonly Window[] {
    return [...this.#windows.values()].flat().filter(({ tensor, isWritten }) => tensor.isPersistent && isWritten)
  }

  #windowsOf({ base }: Tensor): readonly Window[] {
    return this.#windows.get(base) ?? []
  }

  #input(tensor: Tensor): GraphValue {
    assert(tensor.isPersistent, `${tensor.name} is read before it is written`)
    const name = `in_${this.inputs.length}`
    const shape = storedShape(tensor)
    const fed = this.#graph.input({ name, dtype: storedDType[tensor.dtype], shape })
    this.inputs.push({ name, tensor, shape })
    const value = this.#computable(fed, tensor.dtype)
    this.#windows.set(tensor.base, [...this.#windowsOf(tensor), { tensor, value, isWritten: false }])
    return value
  }

  /** As operators take it: indexes are int64, and no product is of halves. */
  #computable(fed: GraphValue, dtype: DType): GraphValue {
    switch (dtype) {
      case 'u32':
        return cast(this.#graph, fed, 'int64')
      case 'f16':
        return cast(this.#graph, fed, 'float32')
      case 'f32':
      case 'i8':
        return fed
    }
  }

  #partOf({ tensor: whole, value }: Window, part: Tensor): GraphValue {
    const [from, to] = [startOf(part), endOf(part)].map((byte) => (byte - startOf(whole)) / 4)
    const graph = this.#graph
    const bounds = [from, to].map((at) => graph.integers([defined(at, part.name)]))
    return reshape(graph, graph.op('Slice', [reshape(graph, value, [-1]), ...bounds]), part.shape)
  }

  #joined(parts: readonly Window[], whole: Tensor): GraphValue {
    const inOrder = parts.toSorted((a, b) => startOf(a.tensor) - startOf(b.tensor))
    const bytes = inOrder.reduce((sum, { tensor }) => sum + endOf(tensor) - startOf(tensor), 0)
    assert(bytes === endOf(whole) - startOf(whole), `${whole.name} is read before all of it is written`)
    const flat = inOrder.map(({ value }) => reshape(this.#graph, value, [-1]))
    return reshape(this.#graph, this.#graph.op('Concat', flat, { axis: 0 }), whole.shape)
  }
}

/** int8 comes in the blocks that one scale is for, as MatMulNBits wants it. */
function storedShape({ shape, dtype }: Tensor): readonly number[] {
  const [rows = 1, columns = 1] = shape
  return dtype === 'i8' ? [rows, columns / 32, 32] : shape
}

function startOf(tensor: Tensor): number {
  return tensor.offsetBytes
}

/** Only tensors of four-byte elements have windows. */
function endOf(tensor: Tensor): number {
  return tensor.offsetBytes + 4 * elementCount(tensor)
}

function isSame(a: Tensor, b: Tensor): boolean {
  return startOf(a) === startOf(b) && endOf(a) === endOf(b)
}

function overlap(a: Tensor, b: Tensor): boolean {
  return startOf(a) < endOf(b) && startOf(b) < endOf(a)
}
