import type { Lowering } from '../../plan/lowering'
import { asMatrix, counter } from '../lowering'

/** y: [1, 1, columns] */
export const selectRowOnnx: Lowering<{ readonly rows: number; readonly columns: number }> = (
  graph,
  { x, counters },
  { rows, columns },
) => {
  const row = graph.op('Min', [counter(graph, counters!, 'selectedRow'), graph.integer(rows - 1)])
  const picked = graph.op('Gather', [asMatrix(graph, x!, columns), row], { axis: 0 })
  return { y: graph.op('Unsqueeze', [picked, graph.integers([0])]) }
}
