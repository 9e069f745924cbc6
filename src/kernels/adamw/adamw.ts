// AdamW over a flat slab of parameters, with clipping and skipping decided on the GPU.
import { defineKernel, gridOf, read, update } from '../../plan/kernelSpec'
import type { Plan } from '../../plan/plan'
import { elementCount, type Tensor } from '../../plan/tensor'
import { SCALAR_COUNT, type RunInputs } from '../runInputs'
import runInputsSnippet from '../snippets/run_inputs.wgsl?raw'
import { adamwOnnx } from './adamw.onnx'
import { adamwReference } from './adamw.reference'
import updateWgsl from './update.wgsl?raw'

export interface AdamWOptions {
  readonly inputs: RunInputs
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number
  readonly weightDecay: number
}

export interface AdamWTensors {
  readonly parameters: Tensor
  readonly gradients: Tensor
  readonly firstMoment: Tensor
  readonly secondMoment: Tensor
  /** From gradientNorm. */
  readonly clip: Tensor
}

type Shape = { count: number; beta1: number; beta2: number; epsilon: number; weightDecay: number }

// As in update.wgsl.
const WORKGROUP_SIZE = 64
const WIDTH = 4
const elements = ({ count }: Shape) => count

export const adamwUpdate = defineKernel({
  name: 'adamw/update',
  source: [runInputsSnippet, updateWgsl],
  bindings: {
    parameters: update('f32', elements),
    gradients: update('f32', elements),
    firstMoment: update('f32', elements),
    secondMoment: update('f32', elements),
    clip: read('f32', () => 4),
    scalars: read('f32', () => SCALAR_COUNT),
  },
  constants: ({ count, beta1, beta2, epsilon, weightDecay }: Shape) => ({
    COUNT: count,
    BETA1: beta1,
    BETA2: beta2,
    ONE_MINUS_BETA1: 1 - beta1,
    ONE_MINUS_BETA2: 1 - beta2,
    EPSILON: epsilon,
    WEIGHT_DECAY: weightDecay,
  }),
  workgroups: ({ count }) => gridOf(Math.ceil(count / WIDTH / WORKGROUP_SIZE)),
  reference: adamwReference,
  onnx: adamwOnnx,
  cost: ({ count }) => ({ flops: 16 * count, bytes: 4 * 8 * count }),
})

/**
 * One AdamW step of flat f32 tensors of the same size, a multiple of 4 as that of every slab: torch's, with the gradients times the clipping factor.
 * Changes nothing when `clip` says that a gradient is not finite. Sets the gradients to zero.
 */
export function adamw(
  plan: Plan,
  { parameters, gradients, firstMoment, secondMoment, clip }: AdamWTensors,
  { inputs, beta1, beta2, epsilon, weightDecay }: AdamWOptions,
): void {
  const shape = { count: elementCount(parameters), beta1, beta2, epsilon, weightDecay }
  const { scalars } = inputs
  plan.run(adamwUpdate, shape, { parameters, gradients, firstMoment, secondMoment, clip, scalars })
}
