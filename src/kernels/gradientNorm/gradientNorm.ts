// The norm of all gradients together, and by how much to shrink them. Two dispatches, in a fixed order of sums.
import { defineKernel, read, update, write } from '../../plan/kernelSpec'
import type { Plan } from '../../plan/plan'
import { elementCount, type Tensor } from '../../plan/tensor'
import { COUNTER_COUNT, RING_FIELDS, RING_ROWS, type RunInputs } from '../runInputs'
import isFiniteSnippet from '../snippets/is_finite.wgsl?raw'
import runInputsSnippet from '../snippets/run_inputs.wgsl?raw'
import workgroupSum from '../snippets/workgroup_sum.wgsl?raw'
import clipWgsl from './clip.wgsl?raw'
import { clipOnnx, squaresOnnx } from './gradientNorm.onnx'
import { clipReference, squaresReference } from './gradientNorm.reference'
import squaresWgsl from './squares.wgsl?raw'

// WORKGROUP_SIZE of squares.wgsl, and the elements that one invocation reads at a time.
const LANES = 64
const WIDTH = 4
/** Enough to fill a GPU, few enough for one workgroup to add up. */
const MAX_PARTS = 128 * LANES

type SquaresShape = { count: number; parts: number }
type ClipShape = { parts: number; maxNorm: number }

export const gradientNormSquares = defineKernel({
  name: 'gradientNorm/squares',
  source: [isFiniteSnippet, squaresWgsl],
  bindings: {
    gradients: read('f32', ({ count }: SquaresShape) => count),
    partials: write('f32', ({ parts }: SquaresShape) => 2 * parts),
  },
  constants: ({ count, parts }: SquaresShape) => ({ COUNT: count, PARTS: parts }),
  workgroups: ({ parts }) => [parts / LANES, 1, 1],
  reference: squaresReference,
  onnx: squaresOnnx,
  cost: ({ count, parts }) => ({ flops: 2 * count, bytes: 4 * (count + 2 * parts) }),
})

export const gradientNormClip = defineKernel({
  name: 'gradientNorm/clip',
  source: [isFiniteSnippet, runInputsSnippet, workgroupSum, clipWgsl],
  bindings: {
    partials: read('f32', ({ parts }: ClipShape) => 2 * parts),
    counters: read('u32', () => COUNTER_COUNT),
    clip: write('f32', () => 4),
    metrics: update('f32', () => RING_ROWS * RING_FIELDS),
  },
  constants: ({ parts, maxNorm }: ClipShape) => ({ PARTS: parts, MAX_NORM: maxNorm }),
  workgroups: () => [1, 1, 1],
  reference: clipReference,
  onnx: clipOnnx,
  cost: ({ parts }) => ({ flops: 2 * parts, bytes: 8 * parts }),
})

export function squaresShape(count: number): SquaresShape {
  return { count, parts: Math.min(MAX_PARTS, Math.ceil(count / WIDTH / LANES) * LANES) }
}

/**
 * Norm and clipping factor of `gradients` (flat, all of them): f32 [4] with the norm, the factor
 * min(1, maxNorm / (norm + 1e-6)), 1 when everything is finite else 0, and 0. No clipping when maxNorm is 0.
 * Writes the norm and the flag into the step's row of the metrics ring.
 */
export function gradientNorm(
  plan: Plan,
  gradients: Tensor,
  { inputs, maxNorm }: { inputs: RunInputs; maxNorm: number },
): Tensor {
  const shape = squaresShape(elementCount(gradients))
  const partials = plan.activation('partial sums of squares', [shape.parts, 2])
  const clip = plan.activation('clip', [4])
  const { counters, metrics } = inputs
  plan.run(gradientNormSquares, shape, { gradients, partials })
  plan.run(gradientNormClip, { parts: shape.parts, maxNorm }, { partials, counters, clip, metrics })
  return clip
}
