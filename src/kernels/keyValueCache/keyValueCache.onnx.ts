import type { Lowering } from '../../plan/lowering'

/** rows: [B, S, K * D]. cache: [B, K, P, D]. The new rows come last: a graph's cache grows. */
export const appendOnnx: Lowering<object> = (graph, { rows, cache }) => {
  const [, heads, , width] = graph.shapeOf(cache!)
  const byHead = graph.op('Reshape', [rows!, graph.integers([0, 0, Number(heads), Number(width)])])
  const turned = graph.op('Transpose', [byHead], { perm: [0, 2, 1, 3] })
  return { cache: graph.op('Concat', [cache!, turned], { axis: 2 }) }
}
