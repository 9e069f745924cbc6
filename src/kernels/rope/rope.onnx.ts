import type { GraphValue, Lowering, LoweringGraph } from '../../plan/lowering'
import { added, reshape } from '../lowering'
import type { RopeShape } from './rope.reference'

type HeadSizes = Pick<RopeShape, 'heads' | 'keyValueHeads' | 'headWidth' | 'maxPositions'>

/** q: [B, S, H * D]. k: [B, S, K * D]. positions: [B, S]; those beyond the table read its last row. */
export const ropeOnnx: Lowering<RopeShape> = (graph, { q, k, positions, table, rotatedQ, rotatedK }, shape) => {
  const [byQuery, byKey] = rotatedPair(graph, { q: q!, k: k!, positions: positions!, table: table! }, shape)
  return { rotatedQ: added(graph, rotatedQ, byQuery), rotatedK: added(graph, rotatedK, byKey) }
}

/** Queries and keys, rotated; the other way where `inverse` is 1. */
export function rotatedPair(
  graph: LoweringGraph,
  { q, k, positions, table }: Readonly<Record<'q' | 'k' | 'positions' | 'table', GraphValue>>,
  { heads, keyValueHeads, headWidth, maxPositions, inverse }: HeadSizes & { readonly inverse: number },
): [GraphValue, GraphValue] {
  const half = headWidth / 2
  const inTable = graph.op('Min', [positions, graph.integer(maxPositions - 1)])
  const angles = graph.op('Unsqueeze', [graph.op('Gather', [table, inTable], { axis: 0 }), graph.integers([2])])
  const [cos, sines] = graph.split(angles, -1, [half, half])
  const sin = inverse ? graph.op('Neg', [sines!]) : sines!
  const times = (a: string, b: string) => graph.op('Mul', [a, b])
  const rotated = (x: GraphValue, count: number) => {
    const [first, second] = graph.split(reshape(graph, x, [0, 0, count, headWidth]), -1, [half, half])
    const turned = graph.op(
      'Concat',
      [
        graph.op('Sub', [times(first!, cos!), times(second!, sin)]),
        graph.op('Add', [times(second!, cos!), times(first!, sin)]),
      ],
      { axis: -1 },
    )
    return reshape(graph, turned, [0, 0, count * headWidth])
  }
  return [rotated(q, heads), rotated(k, keyValueHeads)]
}
