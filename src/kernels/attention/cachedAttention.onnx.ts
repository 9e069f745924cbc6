import type { Lowering } from '../../plan/lowering'
import type { CachedAttentionShape } from './attention.reference'

/** q: [B, S, H * D]. k, v: [B, K, L, D]. counters: what is added to scores, [B, 1, 1, S, L]. */
export const cachedAttentionOnnx: Lowering<CachedAttentionShape> = (graph, values, shape) => {
  const { q, k, v, counters } = values
  const { heads, keyValueHeads, headWidth } = shape
  // The queries of a group share the keys of one head: [B, K, G, S, D] beside [B, K, 1, L, D].
  const groups = graph.integers([0, 0, keyValueHeads, heads / keyValueHeads, headWidth])
  const byGroup = graph.op('Transpose', [graph.op('Reshape', [q!, groups])], { perm: [0, 2, 3, 1, 4] })
  const scaled = graph.op('Mul', [byGroup, graph.float(1 / Math.sqrt(headWidth))])
  const ofGroup = (x: string) => graph.op('Unsqueeze', [x, graph.integers([2])])
  const turnedKeys = graph.op('Transpose', [ofGroup(k!)], { perm: [0, 1, 2, 4, 3] })
  const scores = graph.op('Add', [graph.op('MatMul', [scaled, turnedKeys]), counters!])
  const attended = graph.op('MatMul', [graph.op('Softmax', [scores], { axis: -1 }), ofGroup(v!)])
  const byRow = graph.op('Transpose', [attended], { perm: [0, 3, 1, 2, 4] })
  return { output: graph.op('Reshape', [byRow, graph.integers([0, 0, heads * headWidth])]) }
}
