import type { GraphValue, Lowering } from '../../plan/lowering'
import { cast, reshape, sumAlong } from '../lowering'
import { withMetrics } from '../metrics.onnx'
import { metricIndex } from '../runInputs'

const WIDTH = 4 // elements that one invocation of squares.wgsl reads at a time

interface SquaresShape {
  readonly count: number
  readonly parts: number
}

/** partials: the sum of squares of what is finite, and whether something is not, part by part. [parts, 2] */
export const squaresOnnx: Lowering<SquaresShape> = (graph, { gradients }, { count, parts }) => {
  const turn = WIDTH * parts
  const missing = (turn - (count % turn)) % turn
  const padded = graph.op('Pad', [reshape(graph, gradients!, [-1]), graph.integers([0, missing]), graph.float(0)])
  // turns of all parts, the parts, what each takes at a time
  const values = reshape(graph, padded, [-1, parts, WIDTH])
  // A number minus itself is zero, but for infinities and NaN.
  const isFinite = graph.op('Equal', [graph.op('Sub', [values, values]), graph.float(0)])
  const squares = graph.op('Where', [isFinite, graph.op('Mul', [values, values]), graph.float(0)])
  const bad = graph.op('Sub', [graph.float(1), cast(graph, isFinite, 'float32')])
  const ofParts = (x: GraphValue) => reshape(graph, x, [parts, 1])
  const isBad = graph.op('ReduceMax', [bad, graph.integers([0, 2])], { keepdims: 1 })
  const sums = sumAlong(graph, squares, [0, 2])
  return { partials: graph.op('Concat', [ofParts(sums), ofParts(isBad)], { axis: 1 }) }
}

/** clip: norm, factor, whether all is finite, 0. */
export const clipOnnx: Lowering<{ readonly parts: number; readonly maxNorm: number }> = (
  graph,
  { partials, counters, metrics },
  { parts, maxNorm },
) => {
  const [sums, bad] = graph.split(reshape(graph, partials!, [parts, 2]), 1, [1, 1])
  const squares = reshape(graph, sumAlong(graph, sums!, [0]), [1])
  const norm = graph.op('Sqrt', [squares])
  const noneBad = graph.op('Equal', [reshape(graph, sumAlong(graph, bad!, [0]), [1]), graph.float(0)])
  const isSumFinite = graph.op('Equal', [graph.op('Sub', [squares, squares]), graph.float(0)])
  const isFinite = cast(graph, graph.op('And', [noneBad, isSumFinite]), 'float32')
  const one = reshape(graph, graph.float(1), [1])
  const shrink = graph.op('Div', [graph.float(maxNorm), graph.op('Add', [norm, graph.float(1e-6)])])
  const factor = maxNorm > 0 ? graph.op('Min', [one, shrink]) : one
  const zero = graph.op('Sub', [one, one])
  return {
    clip: graph.op('Concat', [norm, factor, isFinite, zero], { axis: 0 }),
    metrics: withMetrics(graph, metrics!, counters!, [
      [metricIndex.gradientNorm, norm],
      [metricIndex.isFinite, isFinite],
    ]),
  }
}
