import type { GraphValue, Lowering, LoweringGraph } from '../../plan/lowering'
import { added, reshape, sumAlong } from '../lowering'

interface RowShape {
  readonly columns: number
}

/** A row of several heads is normalized head by head: columns may be a part of the last axis. */
const byNorm = (graph: LoweringGraph, x: GraphValue, columns: number) => reshape(graph, x, [0, 0, -1, columns])
const asBefore = (graph: LoweringGraph, x: GraphValue) => reshape(graph, x, [0, 0, -1])

/** invRms: [B, S, norms of a row, 1] */
export const rmsNormOnnx: Lowering<RowShape & { readonly epsilon: number }> = (
  graph,
  { x, weight },
  { columns, epsilon },
) => {
  const rows = byNorm(graph, x!, columns)
  const squares = graph.op('ReduceMean', [graph.op('Mul', [rows, rows]), graph.integers([-1])], { keepdims: 1 })
  const rms = graph.op('Sqrt', [graph.op('Add', [squares, graph.float(epsilon)])])
  const y = graph.op('Mul', [graph.op('Div', [rows, rms]), weight!])
  return { y: asBefore(graph, y), invRms: graph.op('Reciprocal', [rms]) }
}

export const rmsNormBackwardOnnx: Lowering<RowShape> = (graph, { x, weight, invRms, dy, dx }, { columns }) => {
  const times = (a: GraphValue, b: GraphValue) => graph.op('Mul', [a, b])
  const rows = byNorm(graph, x!, columns)
  const weighted = times(byNorm(graph, dy!, columns), weight!)
  const products = sumAlong(graph, times(weighted, rows), [-1])
  const pull = times(times(products, times(invRms!, invRms!)), graph.float(1 / columns))
  const value = times(invRms!, graph.op('Sub', [weighted, times(rows, pull)]))
  return { dx: added(graph, dx, asBefore(graph, value)) }
}

export const rmsNormWeightGradientOnnx: Lowering<RowShape> = (graph, { x, invRms, dy, dw }, { columns }) => {
  const times = (a: GraphValue, b: GraphValue) => graph.op('Mul', [a, b])
  const terms = times(times(byNorm(graph, dy!, columns), byNorm(graph, x!, columns)), invRms!)
  return { dw: added(graph, dw, reshape(graph, sumAlong(graph, terms, [0, 1, 2]), [columns])) }
}
