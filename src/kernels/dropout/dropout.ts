// Inverted dropout. Its mask is a function of the run's counters, so nothing is kept for the backward pass
// and a checkpoint's second recording drops the same elements.
import { assert } from '../../base/assert'
import { accumulate, defineKernel, read } from '../../plan/kernelSpec'
import type { Plan } from '../../plan/plan'
import { elementCount, type Tensor } from '../../plan/tensor'
import { COUNTER_COUNT, type RunInputs } from '../runInputs'
import randomSnippet from '../snippets/random.wgsl?raw'
import runInputsSnippet from '../snippets/run_inputs.wgsl?raw'
import { dropoutOnnx } from './dropout.onnx'
import { dropoutReference, dropoutThreshold } from './dropout.reference'
import maskWgsl from './mask.wgsl?raw'

/** How a dropout is drawn: each place in a model has a `stream` of its own, from 0. */
export interface DropoutOptions {
  readonly probability: number
  readonly stream: number
  readonly inputs: RunInputs
}

type Shape = { count: number; stream: number; probability: number; accumulate: number }

// The grid's height carries the stream, so the first stream has this many workgroups for all elements.
const GRID_WIDTH = 32
const MAX_STREAMS = 65_535

export const dropoutMask = defineKernel({
  name: 'dropout/mask',
  source: [randomSnippet, runInputsSnippet, maskWgsl],
  bindings: {
    source: read('f32', ({ count }: Shape) => count),
    counters: read('u32', () => COUNTER_COUNT),
    result: accumulate('f32', ({ count }: Shape) => count),
  },
  constants: ({ count, probability, accumulate }: Shape) => ({
    COUNT: count,
    THRESHOLD: dropoutThreshold(probability),
    KEEP_SCALE: 1 / (1 - probability),
    ACCUMULATE: accumulate,
  }),
  workgroups: ({ stream }) => [GRID_WIDTH, stream + 1, 1],
  reference: dropoutReference,
  onnx: dropoutOnnx,
  cost: ({ count, accumulate }) => ({ flops: count, bytes: 4 * (2 + accumulate) * count }),
})

/** x with each element zero with `probability`, the others divided by 1 - probability. In a plan that does not train: x. */
export function dropout(plan: Plan, x: Tensor, { probability, stream, inputs }: DropoutOptions): Tensor {
  assert(probability >= 0 && probability < 1, `dropout with probability ${probability}`)
  assert(Number.isInteger(stream) && stream >= 0 && stream < MAX_STREAMS, `dropout with stream ${stream}`)
  if (!plan.isTraining || probability === 0) return x
  const count = elementCount(x)
  const { counters } = inputs
  const y = plan.activation(`${x.name} dropped`, x.shape, { needsGradient: x.needsGradient })
  const shape = { count, stream, probability }
  plan.run(dropoutMask, { ...shape, accumulate: 0 }, { source: x, counters, result: y })
  plan.onBackward(y, (dy) => {
    const target = plan.gradient(x)
    const bindings = { source: dy, counters, result: target.tensor }
    plan.run(dropoutMask, { ...shape, accumulate: target.accumulate }, bindings)
  })
  return y
}
