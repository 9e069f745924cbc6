import type { Lowering } from '../../plan/lowering'

export const swigluOnnx: Lowering<object> = (graph, { gate, up }) => ({
  y: graph.op('Mul', [graph.op('Mul', [gate!, graph.op('Sigmoid', [gate!])]), up!]),
})
