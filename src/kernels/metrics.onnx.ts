// The ring of metrics in operators: one row of it, the step's own, gets new values.
import type { GraphValue, LoweringGraph } from '../plan/lowering'
import { counter, reshape } from './lowering'
import { RING_FIELDS, RING_ROWS } from './runInputs'

/** The ring with `values`, vectors of one by the field they go to. */
export function withMetrics(
  graph: LoweringGraph,
  metrics: GraphValue,
  counters: GraphValue,
  values: readonly (readonly [field: number, value: GraphValue])[],
): GraphValue {
  const row = graph.op('Mul', [counter(graph, counters, 'ringRow'), graph.integer(RING_FIELDS)])
  const places = graph.op('Add', [row, graph.integers(values.map(([field]) => field))])
  const fields = graph.op(
    'Concat',
    values.map(([, value]) => value),
    { axis: 0 },
  )
  const flat = reshape(graph, metrics, [RING_ROWS * RING_FIELDS])
  return graph.op('ScatterElements', [flat, places, fields], { axis: 0 })
}
