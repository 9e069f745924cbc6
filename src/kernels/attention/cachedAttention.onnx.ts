import type { GraphValue, Lowering, LoweringGraph } from '../../plan/lowering'
import { countTo, counter, reshape, transpose } from '../lowering'
import { HIDDEN } from './attention.onnx'
import type { CachedAttentionShape } from './attention.reference'

/** q: [1, S, H * D]. k, v: [capacity, K * D], of which query i sees the first cachePosition + i + 1. */
export const cachedAttentionOnnx: Lowering<CachedAttentionShape> = (graph, { q, k, v, counters }, shape) => {
  const { queries, capacity, keyValueHeads, headWidth } = shape
  const first = counter(graph, counters!, 'cachePosition')
  const last = graph.op('Add', [reshape(graph, countTo(graph, queries), [queries, 1]), first])
  const isSeen = graph.op('LessOrEqual', [reshape(graph, countTo(graph, capacity), [1, capacity]), last])
  const hidden = graph.op('Where', [isSeen, graph.float(0), graph.float(HIDDEN)])
  const byHead = (cache: GraphValue) =>
    transpose(graph, reshape(graph, cache, [1, capacity, keyValueHeads, headWidth]), [0, 2, 1, 3])
  return { output: attendTo(graph, { q: q!, keys: byHead(k!), values: byHead(v!), hidden }, shape) }
}

/** The same over caches that a graph lets grow: k, v [B, K, L, D]; counters is what is added to scores, [B, 1, 1, S, L]. */
export const grownAttentionOnnx: Lowering<CachedAttentionShape> = (graph, { q, k, v, counters }, shape) => ({
  output: attendTo(graph, { q: q!, keys: k!, values: v!, hidden: counters! }, shape),
})

/** q: [B, S, H * D]. keys, values: [B, K, L, D]. hidden: added to scores, [..., S, L]. */
function attendTo(
  graph: LoweringGraph,
  { q, keys, values, hidden }: { q: GraphValue; keys: GraphValue; values: GraphValue; hidden: GraphValue },
  { heads, keyValueHeads, headWidth }: CachedAttentionShape,
): GraphValue {
  // The queries of a group share the keys of one head: [B, K, G, S, D] beside [B, K, 1, L, D].
  const groups = reshape(graph, q, [0, 0, keyValueHeads, heads / keyValueHeads, headWidth])
  const byGroup = transpose(graph, groups, [0, 2, 3, 1, 4])
  const scaled = graph.op('Mul', [byGroup, graph.float(1 / Math.sqrt(headWidth))])
  const ofGroup = (x: GraphValue) => graph.op('Unsqueeze', [x, graph.integers([2])])
  const turnedKeys = transpose(graph, ofGroup(keys), [0, 1, 2, 4, 3])
  const scores = graph.op('Add', [graph.op('MatMul', [scaled, turnedKeys]), hidden])
  const attended = graph.op('MatMul', [graph.op('Softmax', [scores], { axis: -1 }), ofGroup(values)])
  return reshape(graph, transpose(graph, attended, [0, 3, 1, 2, 4]), [0, 0, heads * headWidth])
}
