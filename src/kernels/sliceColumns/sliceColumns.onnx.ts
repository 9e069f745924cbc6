import type { Lowering } from '../../plan/lowering'
import { added } from '../lowering'
import type { SliceColumnsShape } from './sliceColumns.reference'

export const sliceColumnsOnnx: Lowering<SliceColumnsShape> = (graph, { x }, { start, count }) => ({
  y: graph.op('Slice', [x!, graph.integers([start]), graph.integers([start + count]), graph.integers([-1])]),
})

export const sliceColumnsBackwardOnnx: Lowering<SliceColumnsShape> = (graph, { dy, dx }, { columns, start, count }) => {
  const around = graph.integers([start, columns - start - count])
  return { dx: added(graph, dx, graph.op('Pad', [dy!, around, graph.float(0), graph.integers([-1])])) }
}
