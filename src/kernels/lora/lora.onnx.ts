import type { GraphValue, Lowering } from '../../plan/lowering'
import { added, asMatrix, timesTransposed, transpose } from '../lowering'

/** narrow = scale x A^T */
export const projectOnnx: Lowering<{ readonly scale: number }> = (graph, { x, weight }, { scale }) => ({
  narrow: graph.op('Mul', [timesTransposed(graph, x!, weight!), graph.float(scale)]),
})

/** narrow = scale dy B */
export const projectBackOnnx: Lowering<{ readonly scale: number }> = (graph, { dy, weight }, { scale }) => ({
  narrow: graph.op('Mul', [graph.op('MatMul', [dy!, weight!]), graph.float(scale)]),
})

interface GradientShape {
  readonly columns: number
  readonly rank: number
  readonly transposed: number
}

export const adapterGradientOnnx: Lowering<GradientShape> = (
  graph,
  { wide, narrow, gradient },
  { columns, rank, transposed },
) => {
  const [a, b] = [asMatrix(graph, wide!, columns), asMatrix(graph, narrow!, rank)]
  const [left, right] = transposed ? [a, b] : [b, a]
  return { gradient: added(graph, gradient, graph.op('MatMul', [transpose(graph, left, [1, 0]), right])) }
}

interface GradientsShape {
  readonly columns: number
  readonly outputs: number
  readonly rank: number
}

/** dA (+)= dh^T x, dB (+)= dy^T h; of one plane, as all that is for devices without dispatches. */
export const adapterGradientsOnnx: Lowering<GradientsShape> = (
  graph,
  { x, dh, dy, h, dA, dB },
  { columns, outputs, rank },
) => {
  const product = (left: GraphValue, wide: number, right: GraphValue, narrow: number) =>
    graph.op('MatMul', [transpose(graph, asMatrix(graph, left, wide), [1, 0]), asMatrix(graph, right, narrow)])
  return {
    dA: added(graph, dA, product(dh!, rank, x!, columns)),
    dB: added(graph, dB, product(dy!, outputs, h!, rank)),
  }
}
