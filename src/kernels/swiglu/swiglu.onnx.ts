import type { GraphValue, Lowering } from '../../plan/lowering'
import { added } from '../lowering'

export const swigluOnnx: Lowering<object> = (graph, { gate, up }) => ({
  y: graph.op('Mul', [graph.op('Mul', [gate!, graph.op('Sigmoid', [gate!])]), up!]),
})

export const swigluBackwardOnnx: Lowering<object> = (graph, { gate, up, dy, dGate, dUp }) => {
  const times = (a: GraphValue, b: GraphValue) => graph.op('Mul', [a, b])
  const s = graph.op('Sigmoid', [gate!])
  const rest = graph.op('Sub', [graph.float(1), s])
  const slope = times(s, graph.op('Add', [graph.float(1), times(gate!, rest)]))
  return {
    dGate: added(graph, dGate, times(times(dy!, up!), slope)),
    dUp: added(graph, dUp, times(dy!, times(gate!, s))),
  }
}
