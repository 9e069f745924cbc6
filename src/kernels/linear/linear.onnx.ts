import { assert } from '../../base/assert'
import type { GraphValue, GraphValues, Lowering, LoweringGraph } from '../../plan/lowering'
import { added, asMatrix, cast, reshape, timesTransposed, transpose } from '../lowering'

interface LinearShape {
  readonly columns: number
  readonly outputs: number
  readonly allOutputs: number
  readonly secondPlane: number
}

/** Both are for what only GPUs have: a limit of a binding, and a price of each dispatch. */
function assertWhole({ outputs, allOutputs, secondPlane }: LinearShape): void {
  assert(outputs === allOutputs, 'a weight in parts has no lowering')
  assert(secondPlane === allOutputs, 'layers that are computed together have no lowering')
}

export const linearForwardOnnx: Lowering<LinearShape> = (graph, values, shape) => {
  assertWhole(shape)
  const { columns, outputs } = shape
  const { x, weight, values: int8, scales, h, b, bias, residual } = values
  let y = weight
    ? timesTransposed(graph, x!, weight)
    : graph.contrib('MatMulNBits', [x!, int8!, scales!], { K: columns, N: outputs, bits: 8, block_size: 32 })
  if (h && b) y = graph.op('Add', [y, timesTransposed(graph, h, b)])
  if (bias) y = graph.op('Add', [y, bias])
  if (residual) y = graph.op('Add', [residual, y])
  return { y }
}

export const linearBackwardOnnx: Lowering<LinearShape> = (graph, values, shape) => {
  assertWhole(shape)
  const { dy, dx, dh, a } = values
  let value = graph.op('MatMul', [dy!, weightOf(graph, values, shape)])
  if (dh && a) value = graph.op('Add', [value, graph.op('MatMul', [dh, a])])
  return { dx: added(graph, dx, value) }
}

/** [outputs, columns]. An int8 weight as floats, for as long as the product takes: no operator multiplies by it untransposed. */
function weightOf(graph: LoweringGraph, values: GraphValues, { outputs, columns }: LinearShape): GraphValue {
  const { weight, values: int8, scales } = values
  if (weight) return weight
  const signed = graph.op('Sub', [cast(graph, int8!, 'float32'), graph.float(128)])
  const scaled = graph.op('Mul', [signed, graph.op('Unsqueeze', [scales!, graph.integers([-1])])])
  return reshape(graph, scaled, [outputs, columns])
}

/** gradient (+)= dy^T x */
export const linearWeightGradientOnnx: Lowering<Pick<LinearShape, 'columns' | 'outputs'>> = (
  graph,
  { x, dy, gradient },
  { columns, outputs },
) => {
  const left = transpose(graph, asMatrix(graph, dy!, outputs), [1, 0])
  return { gradient: added(graph, gradient, graph.op('MatMul', [left, asMatrix(graph, x!, columns)])) }
}
