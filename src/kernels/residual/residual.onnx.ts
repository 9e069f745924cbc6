import type { Lowering } from '../../plan/lowering'

export const residualOnnx: Lowering<object> = (graph, { x, branch }) => ({ y: graph.op('Add', [x!, branch!]) })

export const addToOnnx: Lowering<object> = (graph, { part, total }) => ({ total: graph.op('Add', [total!, part!]) })
