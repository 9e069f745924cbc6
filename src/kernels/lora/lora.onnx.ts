import type { Lowering } from '../../plan/lowering'
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
