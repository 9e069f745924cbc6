import { assert } from '../../base/assert'
import type { Lowering } from '../../plan/lowering'

interface LinearShape {
  readonly columns: number
  readonly outputs: number
  readonly allOutputs: number
}

export const linearForwardOnnx: Lowering<LinearShape> = (graph, values, { columns, outputs, allOutputs }) => {
  assert(outputs === allOutputs, 'a weight in parts has no lowering')
  const product = (x: string, weight: string) =>
    graph.op('MatMul', [x, graph.op('Transpose', [weight], { perm: [1, 0] })])
  const { x, weight, values: int8, scales, h, b, bias } = values
  let y = weight
    ? product(x!, weight)
    : graph.contrib('MatMulNBits', [x!, int8!, scales!], { K: columns, N: outputs, bits: 8, block_size: 32 })
  if (h && b) y = graph.op('Add', [y, product(h, b)])
  if (bias) y = graph.op('Add', [y, bias])
  return { y }
}
