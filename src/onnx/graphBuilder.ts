// An ONNX graph in the making: operators in their order, constants, and the weights it will want the values of.
import { assert, defined } from '../base/assert'
import { bytesOf } from '../base/bytes'
import type { OnnxInitializer, OnnxNode, OnnxValueInfo } from '../formats/onnx'
import type { GraphAttributes, GraphValue, LoweringGraph } from '../plan/lowering'
import type { Tensor } from '../plan/tensor'
import { BLOCK_SIZE } from '../models/quantize'

export interface GraphConstant {
  readonly initializer: OnnxInitializer
  readonly bytes: Uint8Array
}

export interface GraphWeight {
  readonly initializer: OnnxInitializer
  readonly tensor: Tensor
}

export class OnnxGraphBuilder implements LoweringGraph {
  readonly inputs: OnnxValueInfo[] = []
  readonly outputs: OnnxValueInfo[] = []
  readonly nodes: OnnxNode[] = []
  readonly constants: GraphConstant[] = []
  readonly weights: GraphWeight[] = []
  /** Values by what makes them: the rotations of a layer are those of the next. */
  readonly #made = new Map<string, readonly GraphValue[]>()

  input(value: OnnxValueInfo): GraphValue {
    this.inputs.push(value)
    return value.name
  }

  /** Gives a value the name of an output. */
  output(value: GraphValue, info: OnnxValueInfo): void {
    this.outputs.push(info)
    this.nodes.push({ op: 'Identity', domain: '', inputs: [value], outputs: [info.name], attributes: {} })
  }

  /** A weight as the graph holds it: int8 as MatMulNBits wants it, unsigned around 128 and in blocks. */
  weight(tensor: Tensor): GraphValue {
    const name = tensor.name.replace(/[^\w.]+/g, '_')
    const [rows = 1, columns = 1] = tensor.shape
    const initializer: OnnxInitializer =
      tensor.dtype === 'i8'
        ? { name, dtype: 'uint8', shape: [rows, columns / BLOCK_SIZE, BLOCK_SIZE] }
        : { name, dtype: 'float32', shape: tensor.shape }
    this.weights.push({ initializer, tensor })
    return name
  }

  op(type: string, inputs: readonly GraphValue[], attributes: GraphAttributes = {}): GraphValue {
    return this.#append({ op: type, domain: '', inputs, attributes }, 1)[0]!
  }

  split(x: GraphValue, axis: number, sizes: readonly number[]): readonly GraphValue[] {
    const node = { op: 'Split', domain: '', inputs: [x, this.integers(sizes)], attributes: { axis } }
    return this.#append(node, sizes.length)
  }

  contrib(type: string, inputs: readonly GraphValue[], attributes: GraphAttributes): GraphValue {
    return this.#append({ op: type, domain: 'com.microsoft', inputs, attributes }, 1)[0]!
  }

  float(value: number): GraphValue {
    return this.#constant(`float ${value}`, 'float32', [], Float32Array.of(value))
  }

  integer(value: number): GraphValue {
    return this.#constant(`integer ${value}`, 'int64', [], BigInt64Array.of(BigInt(value)))
  }

  integers(values: readonly number[]): GraphValue {
    return this.#constant(`integers ${values.join(' ')}`, 'int64', [values.length], BigInt64Array.from(values, BigInt))
  }

  shapeOf(value: GraphValue): readonly (number | string)[] {
    const known = [...this.inputs, ...this.weights.map(({ initializer }) => initializer)]
    return defined(
      known.find(({ name }) => name === value),
      `the shape of ${value}`,
    ).shape
  }

  #append(node: Omit<OnnxNode, 'outputs'>, count: number): readonly GraphValue[] {
    return this.#once(JSON.stringify(node), () => {
      const outputs = Array.from({ length: count }, (_, index) => `${node.op}_${this.nodes.length}_${index}`)
      this.nodes.push({ ...node, outputs })
      return outputs
    })
  }

  #constant(key: string, dtype: OnnxInitializer['dtype'], shape: readonly number[], values: ArrayBufferView) {
    const [name] = this.#once(key, () => {
      const initializer: OnnxInitializer = { name: `constant_${this.constants.length}`, dtype, shape }
      this.constants.push({ initializer, bytes: bytesOf(values) })
      return [initializer.name]
    })
    assert(name !== undefined, key)
    return name
  }

  #once(key: string, make: () => readonly GraphValue[]): readonly GraphValue[] {
    const made = this.#made.get(key) ?? make()
    this.#made.set(key, made)
    return made
  }
}
