import type { Lowering } from '../../plan/lowering'

export const residualOnnx: Lowering<object> = (graph, { x, branch }) => ({ y: graph.op('Add', [x!, branch!]) })
