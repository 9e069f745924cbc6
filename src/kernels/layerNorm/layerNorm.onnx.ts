import type { GraphValue, Lowering, LoweringGraph } from '../../plan/lowering'
import { added } from '../lowering'

/**
 * statistics: mean and inverse standard deviation, [B, S, 2]. Not LayerNormalization: runtimes take the variance as the
 * mean of squares less the square of the mean, and sum one number after the other, which loses digits where the mean is
 * large. So the mean is taken twice, the second time of what the first one left.
 */
export const layerNormOnnx: Lowering<{ readonly epsilon: number }> = (graph, { x, weight, bias }, { epsilon }) => {
  const rough = rowMean(graph, x!)
  const mean = graph.op('Add', [rough, rowMean(graph, graph.op('Sub', [x!, rough]))])
  const centred = graph.op('Sub', [x!, mean])
  const variance = rowMean(graph, graph.op('Mul', [centred, centred]))
  const std = graph.op('Sqrt', [graph.op('Add', [variance, graph.float(epsilon)])])
  const scaled = graph.op('Mul', [graph.op('Div', [centred, std]), weight!])
  return {
    y: graph.op('Add', [scaled, bias!]),
    statistics: graph.op('Concat', [mean, graph.op('Reciprocal', [std])], { axis: -1 }),
  }
}

export const layerNormBackwardOnnx: Lowering<object> = (graph, { x, weight, statistics, dy, dx }) => {
  const times = (a: GraphValue, b: GraphValue) => graph.op('Mul', [a, b])
  const [mean, inverseStd] = graph.split(statistics!, -1, [1, 1])
  const normalized = times(graph.op('Sub', [x!, mean!]), inverseStd!)
  const weighted = times(dy!, weight!)
  const centred = graph.op('Sub', [weighted, rowMean(graph, weighted)])
  const value = graph.op('Sub', [centred, times(normalized, rowMean(graph, times(weighted, normalized)))])
  return { dx: added(graph, dx, times(inverseStd!, value)) }
}

function rowMean(graph: LoweringGraph, x: GraphValue): GraphValue {
  return graph.op('ReduceMean', [x, graph.integers([-1])], { keepdims: 1 })
}
