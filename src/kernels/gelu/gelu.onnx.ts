import type { GraphValue, Lowering, LoweringGraph } from '../../plan/lowering'
import { added } from '../lowering'

const SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI)
const CUBIC = 0.044715

/** The tanh form, as tanhGelu.wgsl: ONNX has it as one operator only from a later version on. */
export const geluOnnx: Lowering<object> = (graph, { x }) => {
  const gate = graph.op('Add', [innerTanh(graph, x!), graph.float(1)])
  return { y: graph.op('Mul', [graph.op('Mul', [x!, graph.float(0.5)]), gate]) }
}

export const geluBackwardOnnx: Lowering<object> = (graph, { x, dy, dx }) => {
  const times = (a: GraphValue, b: GraphValue) => graph.op('Mul', [a, b])
  const plus = (a: GraphValue, b: GraphValue) => graph.op('Add', [a, b])
  const tanh = innerTanh(graph, x!)
  const innerSlope = plus(times(times(x!, x!), graph.float(3 * CUBIC * SQRT_2_OVER_PI)), graph.float(SQRT_2_OVER_PI))
  const ofTanh = graph.op('Sub', [graph.float(1), times(tanh, tanh)])
  const slope = plus(plus(tanh, graph.float(1)), times(times(x!, ofTanh), innerSlope))
  return { dx: added(graph, dx, times(times(dy!, graph.float(0.5)), slope)) }
}

function innerTanh(graph: LoweringGraph, x: GraphValue): GraphValue {
  const times = (a: GraphValue, b: GraphValue) => graph.op('Mul', [a, b])
  const cube = times(x, times(x, x))
  return graph.op('Tanh', [times(graph.op('Add', [x, times(cube, graph.float(CUBIC))]), graph.float(SQRT_2_OVER_PI))])
}
