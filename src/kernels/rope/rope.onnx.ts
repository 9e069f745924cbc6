import type { Lowering } from '../../plan/lowering'
import { added } from '../lowering'
import type { RopeShape } from './rope.reference'

/** x: [B, S, H * D]. positions: [B, S]; those beyond the table read its last row. */
export const ropeOnnx: Lowering<RopeShape> = (
  graph,
  { x, positions, table, y },
  { heads, headWidth, maxPositions, inverse },
) => {
  const half = headWidth / 2
  const inTable = graph.op('Min', [positions!, graph.integer(maxPositions - 1)])
  const angles = graph.op('Unsqueeze', [graph.op('Gather', [table!, inTable], { axis: 0 }), graph.integers([2])])
  const [cos, sines] = graph.split(angles, -1, [half, half])
  const sin = inverse ? graph.op('Neg', [sines!]) : sines!
  const byHead = graph.op('Reshape', [x!, graph.integers([0, 0, heads, headWidth])])
  const [first, second] = graph.split(byHead, -1, [half, half])
  const times = (a: string, b: string) => graph.op('Mul', [a, b])
  const turned = graph.op(
    'Concat',
    [
      graph.op('Sub', [times(first!, cos!), times(second!, sin)]),
      graph.op('Add', [times(second!, cos!), times(first!, sin)]),
    ],
    { axis: -1 },
  )
  return { y: added(graph, y, graph.op('Reshape', [turned, graph.integers([0, 0, heads * headWidth])])) }
}
