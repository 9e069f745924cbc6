import type { Lowering } from '../../plan/lowering'
import { asMatrix, counter, countTo, reshape, transpose } from '../lowering'

interface AppendShape {
  readonly rows: number
  readonly columns: number
  readonly capacity: number
}

/** cache: [capacity, K * D]. Row r of it becomes row r - cachePosition of `rows`, where there is one. */
export const appendOnnx: Lowering<AppendShape> = (
  graph,
  { rows, cache, counters },
  { rows: count, columns, capacity },
) => {
  const from = graph.op('Sub', [countTo(graph, capacity), counter(graph, counters!, 'cachePosition')])
  const isNew = graph.op('And', [
    graph.op('GreaterOrEqual', [from, graph.integer(0)]),
    graph.op('Less', [from, graph.integer(count)]),
  ])
  const inRows = graph.op('Max', [graph.op('Min', [from, graph.integer(count - 1)]), graph.integer(0)])
  const moved = graph.op('Gather', [asMatrix(graph, rows!, columns), inRows], { axis: 0 })
  const [asked, before] = [reshape(graph, isNew, [capacity, 1]), asMatrix(graph, cache!, columns)]
  return { cache: graph.op('Where', [asked, moved, before]) }
}

/** rows: [B, S, K * D]. cache: [B, K, P, D], an input of the graph, which lets it grow: the new rows come last. */
export const growOnnx: Lowering<object> = (graph, { rows, cache }) => {
  const [, heads, , width] = graph.shapeOf(cache!)
  const byHead = reshape(graph, rows!, [0, 0, Number(heads), Number(width)])
  return { cache: graph.op('Concat', [cache!, transpose(graph, byHead, [0, 2, 1, 3])], { axis: 2 }) }
}
