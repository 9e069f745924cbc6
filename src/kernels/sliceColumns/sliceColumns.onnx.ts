import type { Lowering } from '../../plan/lowering'

export const sliceColumnsOnnx: Lowering<{ readonly start: number; readonly count: number }> = (
  graph,
  { x },
  { start, count },
) => ({
  y: graph.op('Slice', [x!, graph.integers([start]), graph.integers([start + count]), graph.integers([-1])]),
})
