// How a step of a plan is said in the operators of another runtime. Kernels say it in these words; onnx/ gives them
// their meaning.

/** The name of a value in the graph. */
export type GraphValue = string

export type GraphAttributes = Readonly<Record<string, number | string | readonly number[]>>

export interface LoweringGraph {
  /** Appends a standard ONNX operator with one output. The same operator on the same inputs is one value. */
  op(type: string, inputs: readonly GraphValue[], attributes?: GraphAttributes): GraphValue
  /** An operator with several outputs. */
  split(x: GraphValue, axis: number, sizes: readonly number[]): readonly GraphValue[]
  /** An operator of ONNX Runtime's own domain. */
  contrib(type: string, inputs: readonly GraphValue[], attributes: GraphAttributes): GraphValue
  /** A float32 scalar. */
  float(value: number): GraphValue
  /** An int64 scalar. */
  integer(value: number): GraphValue
  /** An int64 vector. */
  integers(values: readonly number[]): GraphValue
  /** The shape of an input or a weight; sizes that are only known later have a name. */
  shapeOf(value: GraphValue): readonly (number | string)[]
}

/**
 * Values by the names of a kernel's bindings. Tensors of rows have their columns on the last axis and two axes before
 * it, [batch, tokens, columns]; int8 weights are unsigned around 128 and their scales float32; integers are int64.
 */
export type GraphValues = Readonly<Record<string, GraphValue>>

/** Says a step in operators: from the values it reads to those it writes. What nobody reads may be left out. */
export type Lowering<S> = (graph: LoweringGraph, values: GraphValues, shape: S) => GraphValues
