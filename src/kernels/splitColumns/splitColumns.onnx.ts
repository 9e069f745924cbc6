import type { Lowering } from '../../plan/lowering'
import { added } from '../lowering'
import type { SplitColumnsShape } from './splitColumns.reference'

export const splitColumnsOnnx: Lowering<SplitColumnsShape> = (graph, { x }, { count }) => {
  const [first, second, third] = graph.split(x!, -1, [count, count, count])
  return { first: first!, second: second!, third: third! }
}

export const splitColumnsBackwardOnnx: Lowering<object> = (graph, { dFirst, dSecond, dThird, dx }) => ({
  dx: added(graph, dx, graph.op('Concat', [dFirst!, dSecond!, dThird!], { axis: -1 })),
})
