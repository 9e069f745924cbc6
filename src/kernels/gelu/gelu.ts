// The nonlinearity of GPT-2's feed-forward block.
import { accumulate, defineKernel, gridOf, read, write } from '../../plan/kernelSpec'
import type { Plan } from '../../plan/plan'
import { elementCount, type Tensor } from '../../plan/tensor'
import backwardWgsl from './backward.wgsl?raw'
import forwardWgsl from './forward.wgsl?raw'
import { geluBackwardOnnx, geluOnnx } from './gelu.onnx'
import { geluBackwardReference, geluForwardReference } from './gelu.reference'
import tanhGeluWgsl from './tanhGelu.wgsl?raw'

type ForwardShape = { elements: number }
type BackwardShape = { elements: number; accumulate: number }

const all = ({ elements }: { elements: number }) => elements

export const geluForward = defineKernel({
  name: 'gelu/forward',
  source: [tanhGeluWgsl, forwardWgsl],
  bindings: { x: read('f32', all), y: write('f32', all) },
  constants: ({ elements }: ForwardShape) => ({ ELEMENTS: elements }),
  workgroups: ({ elements }) => gridOf(Math.ceil(elements / 64)),
  reference: geluForwardReference,
  onnx: geluOnnx,
  cost: ({ elements }) => ({ flops: 9 * elements, bytes: 4 * 2 * elements }),
})

export const geluBackward = defineKernel({
  name: 'gelu/backward',
  source: [tanhGeluWgsl, backwardWgsl],
  bindings: { x: read('f32', all), dy: read('f32', all), dx: accumulate('f32', all) },
  constants: ({ elements, accumulate }: BackwardShape) => ({ ELEMENTS: elements, ACCUMULATE: accumulate }),
  workgroups: ({ elements }) => gridOf(Math.ceil(elements / 64)),
  reference: geluBackwardReference,
  onnx: geluBackwardOnnx,
  cost: ({ elements }) => ({ flops: 18 * elements, bytes: 4 * 3 * elements }),
})

/** GELU in its tanh form (gelu_new), element by element. Returns the shape of x. */
export function gelu(plan: Plan, x: Tensor): Tensor {
  const elements = elementCount(x)
  const y = plan.activation(`gelu(${x.name})`, x.shape, { needsGradient: x.needsGradient })
  plan.run(geluForward, { elements }, { x, y })
  plan.onBackward(y, (dy) => {
    const target = plan.gradient(x)
    plan.run(geluBackward, { elements, accumulate: target.accumulate }, { x, dy, dx: target.tensor })
  })
  return y
}
