import type { GraphValue, Lowering, LoweringGraph } from '../../plan/lowering'
import { asMatrix, counter, countTo, reshape, transpose } from '../lowering'
import { rotatedPair } from '../rope/rope.onnx'
import type { AppendShape, RotateAppendShape } from './keyValueCache.reference'

/** k, v: [B, S, K * D]. keys, values: [capacity, K * D]. */
export const appendOnnx: Lowering<AppendShape> = (graph, { k, v, counters, keys, values }, shape) => {
  const position = counter(graph, counters!, 'cachePosition')
  return {
    keys: appended(graph, { rows: k!, cache: keys!, position }, shape),
    values: appended(graph, { rows: v!, cache: values!, position }, shape),
  }
}

/** q: [B, S, H * D]. positions: [B, S], of which the first is where the cache stands. */
export const rotateAppendOnnx: Lowering<RotateAppendShape> = (
  graph,
  { q, k, v, positions, table, keys, values },
  shape,
) => {
  const { rows, keyValueHeads, headWidth, capacity } = shape
  const sizes = { ...shape, inverse: 0 }
  const [rotatedQ, rotatedK] = rotatedPair(graph, { q: q!, k: k!, positions: positions!, table: table! }, sizes)
  const position = graph.op('Gather', [reshape(graph, positions!, [-1]), graph.integers([0])], { axis: 0 })
  const rowShape = { rows, columns: keyValueHeads * headWidth, capacity }
  return {
    rotatedQ,
    keys: appended(graph, { rows: rotatedK, cache: keys!, position }, rowShape),
    values: appended(graph, { rows: v!, cache: values!, position }, rowShape),
  }
}

/** The same with keys, values: [B, K, P, D], inputs of a graph, which lets them grow: the new rows come last. */
export const growOnnx: Lowering<object> = (graph, { k, v, keys, values }) => ({
  keys: grown(graph, k!, keys!),
  values: grown(graph, v!, values!),
})

export const rotateGrowOnnx: Lowering<RotateAppendShape> = (
  graph,
  { q, k, v, positions, table, keys, values },
  shape,
) => {
  const sizes = { ...shape, inverse: 0 }
  const [rotatedQ, rotatedK] = rotatedPair(graph, { q: q!, k: k!, positions: positions!, table: table! }, sizes)
  return { rotatedQ, keys: grown(graph, rotatedK, keys!), values: grown(graph, v!, values!) }
}

/** Row r of the cache becomes row r - position of `rows`, where there is one. */
function appended(
  graph: LoweringGraph,
  { rows, cache, position }: Readonly<Record<'rows' | 'cache' | 'position', GraphValue>>,
  { rows: count, columns, capacity }: AppendShape,
): GraphValue {
  const from = graph.op('Sub', [countTo(graph, capacity), position])
  const isNew = graph.op('And', [
    graph.op('GreaterOrEqual', [from, graph.integer(0)]),
    graph.op('Less', [from, graph.integer(count)]),
  ])
  const inRows = graph.op('Max', [graph.op('Min', [from, graph.integer(count - 1)]), graph.integer(0)])
  const moved = graph.op('Gather', [asMatrix(graph, rows, columns), inRows], { axis: 0 })
  return graph.op('Where', [reshape(graph, isNew, [capacity, 1]), moved, asMatrix(graph, cache, columns)])
}

function grown(graph: LoweringGraph, rows: GraphValue, cache: GraphValue): GraphValue {
  const [, heads, , width] = graph.shapeOf(cache)
  const byHead = reshape(graph, rows, [0, 0, Number(heads), Number(width)])
  return graph.op('Concat', [cache, transpose(graph, byHead, [0, 2, 1, 3])], { axis: 2 })
}
