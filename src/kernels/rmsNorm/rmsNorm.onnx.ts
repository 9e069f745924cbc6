import type { Lowering } from '../../plan/lowering'

/** A row of several heads is normalized head by head: columns may be a part of the last axis. */
export const rmsNormOnnx: Lowering<{ readonly columns: number; readonly epsilon: number }> = (
  graph,
  { x, weight },
  { columns, epsilon },
) => {
  const byRow = graph.op('Reshape', [x!, graph.integers([0, 0, -1, columns])])
  const squares = graph.op('ReduceMean', [graph.op('Mul', [byRow, byRow]), graph.integers([-1])], { keepdims: 1 })
  const rms = graph.op('Sqrt', [graph.op('Add', [squares, graph.float(epsilon)])])
  const y = graph.op('Mul', [graph.op('Div', [byRow, rms]), weight!])
  return { y: graph.op('Reshape', [y, graph.integers([0, 0, -1])]) }
}
