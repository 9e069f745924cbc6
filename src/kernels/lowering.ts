// Words that the kernels' lowerings share.
import type { GraphValue, LoweringGraph } from '../plan/lowering'
import { counterIndex, scalarIndex } from './runInputs'

export function reshape(graph: LoweringGraph, x: GraphValue, sizes: readonly number[]): GraphValue {
  return graph.op('Reshape', [x, graph.integers(sizes)])
}

export function transpose(graph: LoweringGraph, x: GraphValue, order: readonly number[]): GraphValue {
  return graph.op('Transpose', [x], { perm: order })
}

/** The sum along `axes`, which stay with size 1. */
export function sumAlong(graph: LoweringGraph, x: GraphValue, axes: readonly number[]): GraphValue {
  return graph.op('ReduceSum', [x, graph.integers(axes)], { keepdims: 1 })
}

/** A product of matrices, the second one turned: a b^T. */
export function timesTransposed(graph: LoweringGraph, a: GraphValue, b: GraphValue): GraphValue {
  return graph.op('MatMul', [a, transpose(graph, b, [1, 0])])
}

/** What a binding that may accumulate holds afterwards. `before` is there when it does. */
export function added(graph: LoweringGraph, before: GraphValue | undefined, value: GraphValue): GraphValue {
  return before === undefined ? value : graph.op('Add', [before, value])
}

/** A product with two sizes as a matrix: axes before the last become rows. */
export function asMatrix(graph: LoweringGraph, x: GraphValue, columns: number): GraphValue {
  return reshape(graph, x, [-1, columns])
}

/** One of the run's counters: an int64 vector of one. */
export function counter(graph: LoweringGraph, counters: GraphValue, name: keyof typeof counterIndex): GraphValue {
  return graph.op('Gather', [counters, graph.integers([counterIndex[name]])], { axis: 0 })
}

/** One of the run's scalars: a float32 vector of one. */
export function scalar(graph: LoweringGraph, scalars: GraphValue, name: keyof typeof scalarIndex): GraphValue {
  return graph.op('Gather', [scalars, graph.integers([scalarIndex[name]])], { axis: 0 })
}

/** The numbers 0 … count - 1, int64. */
export function countTo(graph: LoweringGraph, count: number): GraphValue {
  return graph.op('Range', [graph.integer(0), graph.integer(count), graph.integer(1)])
}

/** TensorProto.DataType, for Cast. */
export const castTo = { float32: 1, int32: 6, int64: 7, bool: 9, uint32: 12 } as const

export function cast(graph: LoweringGraph, x: GraphValue, to: keyof typeof castTo): GraphValue {
  return graph.op('Cast', [x], { to: castTo[to] })
}
