// AdamW by its definition, as torch.optim.AdamW. See update.wgsl.
import type { Floats } from '../../plan/kernelSpec'
import { scalarIndex } from '../runInputs'

export interface AdamWArrays {
  readonly parameters: Floats
  readonly gradients: Floats
  readonly firstMoment: Floats
  readonly secondMoment: Floats
  readonly clip: Floats
  readonly scalars: Floats
}

export function adamwReference(
  { parameters, gradients, firstMoment, secondMoment, clip, scalars }: AdamWArrays,
  {
    count,
    beta1,
    beta2,
    epsilon,
    weightDecay,
  }: { count: number; beta1: number; beta2: number; epsilon: number; weightDecay: number },
): void {
  const learningRate = scalars[scalarIndex.learningRate]!
  const firstCorrection = scalars[scalarIndex.firstMomentCorrection]!
  const secondCorrection = scalars[scalarIndex.secondMomentCorrection]!
  const isFinite = clip[2] !== 0
  for (let i = 0; i < count; i++) {
    const g = gradients[i]! * clip[1]!
    gradients[i] = 0
    if (!isFinite) continue
    const m = beta1 * firstMoment[i]! + (1 - beta1) * g
    const v = beta2 * secondMoment[i]! + (1 - beta2) * g * g
    firstMoment[i] = m
    secondMoment[i] = v
    const step = (m * firstCorrection) / (Math.sqrt(v * secondCorrection) + epsilon)
    parameters[i] = parameters[i]! * (1 - learningRate * weightDecay) - learningRate * step
  }
}
