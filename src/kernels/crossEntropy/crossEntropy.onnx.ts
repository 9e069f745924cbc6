import type { GraphValue, Lowering, LoweringGraph } from '../../plan/lowering'
import { asMatrix, cast, reshape, scalar, sumAlong } from '../lowering'
import { metricIndex } from '../runInputs'
import { withMetrics } from '../metrics.onnx'
import type { CrossEntropyShape } from './crossEntropy.reference'

export const crossEntropyForwardOnnx: Lowering<CrossEntropyShape> = (graph, { logits, labels }, shape) => ({
  rowLoss: lossOf(graph, logits!, labels!, shape).rowLoss,
})

/** logits become their gradients. */
export const crossEntropyGradientOnnx: Lowering<CrossEntropyShape> = (graph, { logits, labels, scalars }, shape) => {
  const { rowLoss, rows, label, isLabelled } = lossOf(graph, logits!, labels!, shape)
  const times = (a: GraphValue, b: GraphValue) => graph.op('Mul', [a, b])
  const zeroAndOne = graph.op('Concat', [reshape(graph, graph.float(0), [1]), reshape(graph, graph.float(1), [1])], {
    axis: 0,
  })
  const oneHot = graph.op('OneHot', [reshape(graph, label, [-1]), graph.integer(shape.columns), zeroAndOne], {
    axis: -1,
  })
  const difference = graph.op('Sub', [graph.op('Softmax', [rows], { axis: -1 }), oneHot])
  const scale = times(cast(graph, isLabelled, 'float32'), scalar(graph, scalars!, 'lossScale'))
  return { rowLoss, logits: graph.op('Reshape', [times(difference, scale), graph.op('Shape', [logits!])]) }
}

function lossOf(graph: LoweringGraph, logits: GraphValue, labels: GraphValue, { columns }: CrossEntropyShape) {
  const rows = asMatrix(graph, logits, columns)
  const column = reshape(graph, labels, [-1, 1])
  const isLabelled = graph.op('Less', [column, graph.integer(columns)])
  const label = graph.op('Min', [column, graph.integer(columns - 1)])
  const normalizer = graph.op('ReduceLogSumExp', [rows, graph.integers([-1])], { keepdims: 1 })
  const loss = graph.op('Sub', [normalizer, graph.op('GatherElements', [rows, label], { axis: 1 })])
  const rowLoss = reshape(graph, graph.op('Where', [isLabelled, loss, graph.float(0)]), [-1])
  return { rowLoss, rows, label, isLabelled }
}

export const sumLossOnnx: Lowering<object> = (graph, { rowLoss, scalars, counters, metrics }) => {
  const sum = sumAlong(graph, reshape(graph, rowLoss!, [-1]), [0])
  const loss = graph.op('Mul', [sum, scalar(graph, scalars!, 'lossScale')])
  return { metrics: withMetrics(graph, metrics!, counters!, [[metricIndex.loss, loss]]) }
}
