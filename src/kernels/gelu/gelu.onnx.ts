import type { Lowering } from '../../plan/lowering'

/** The tanh form, as tanhGelu.wgsl: ONNX has it as one operator only from a later version on. */
export const geluOnnx: Lowering<object> = (graph, { x }) => {
  const times = (a: string, b: string) => graph.op('Mul', [a, b])
  const cube = times(x!, times(x!, x!))
  const inner = times(graph.op('Add', [x!, times(cube, graph.float(0.044715))]), graph.float(Math.sqrt(2 / Math.PI)))
  const gate = graph.op('Add', [graph.op('Tanh', [inner]), graph.float(1)])
  return { y: times(times(x!, graph.float(0.5)), gate) }
}
