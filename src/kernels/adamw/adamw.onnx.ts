import type { GraphValue, Lowering } from '../../plan/lowering'
import { scalar } from '../lowering'

interface AdamWShape {
  readonly count: number
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number
  readonly weightDecay: number
}

export const adamwOnnx: Lowering<AdamWShape> = (graph, values, { count, beta1, beta2, epsilon, weightDecay }) => {
  const { parameters, gradients, firstMoment, secondMoment, clip, scalars } = values
  const times = (a: GraphValue, b: GraphValue) => graph.op('Mul', [a, b])
  const plus = (a: GraphValue, b: GraphValue) => graph.op('Add', [a, b])
  const clipAt = (index: number) => graph.op('Gather', [clip!, graph.integers([index])], { axis: 0 })
  const isFinite = graph.op('Greater', [clipAt(2), graph.float(0)])
  const g = times(gradients!, clipAt(1))
  const m = plus(times(firstMoment!, graph.float(beta1)), times(g, graph.float(1 - beta1)))
  const v = plus(times(secondMoment!, graph.float(beta2)), times(times(g, g), graph.float(1 - beta2)))
  const rate = scalar(graph, scalars!, 'learningRate')
  const root = graph.op('Sqrt', [times(v, scalar(graph, scalars!, 'secondMomentCorrection'))])
  const step = graph.op('Div', [
    times(m, scalar(graph, scalars!, 'firstMomentCorrection')),
    plus(root, graph.float(epsilon)),
  ])
  const kept = graph.op('Sub', [graph.float(1), times(rate, graph.float(weightDecay))])
  const moved = graph.op('Sub', [times(parameters!, kept), times(rate, step)])
  const unlessBad = (after: GraphValue, before: GraphValue) => graph.op('Where', [isFinite, after, before])
  return {
    parameters: unlessBad(moved, parameters!),
    firstMoment: unlessBad(m, firstMoment!),
    secondMoment: unlessBad(v, secondMoment!),
    gradients: graph.op('Expand', [graph.float(0), graph.integers([count])]),
  }
}
