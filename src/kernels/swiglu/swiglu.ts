// The gated nonlinearity of the feed-forward block.
import { accumulate, defineKernel, gridOf, read, write } from '../../plan/kernelSpec'
import type { Plan } from '../../plan/plan'
import { elementCount, type Tensor } from '../../plan/tensor'
import { elementsSource, elementWidthOf, forElementWidths } from '../elementWidth'
import { recordIntoGradients } from '../residual/addTo'
import backwardWgsl from './backward.wgsl?raw'
import forwardWgsl from './forward.wgsl?raw'
import sigmoidWgsl from './sigmoid.wgsl?raw'
import { swigluBackwardOnnx, swigluOnnx } from './swiglu.onnx'
import { swigluBackwardReference, swigluForwardReference } from './swiglu.reference'

type ForwardShape = { elements: number }
type BackwardShape = { elements: number; accumulate: number }

const all = ({ elements }: { elements: number }) => elements

export const swigluForward = forElementWidths((width, variant) =>
  defineKernel({
    name: `swiglu/forward/${variant}`,
    source: [elementsSource[width], sigmoidWgsl, forwardWgsl],
    bindings: { gate: read('f32', all), up: read('f32', all), y: write('f32', all) },
    constants: ({ elements }: ForwardShape) => ({ COUNT: elements }),
    workgroups: ({ elements }) => gridOf(Math.ceil(elements / width / 64)),
    reference: swigluForwardReference,
    onnx: swigluOnnx,
    cost: ({ elements }) => ({ flops: 5 * elements, bytes: 4 * 3 * elements }),
  }),
)

export const swigluBackward = forElementWidths((width, variant) =>
  defineKernel({
    name: `swiglu/backward/${variant}`,
    source: [elementsSource[width], sigmoidWgsl, backwardWgsl],
    bindings: {
      gate: read('f32', all),
      up: read('f32', all),
      dy: read('f32', all),
      dGate: accumulate('f32', all),
      dUp: accumulate('f32', all),
    },
    constants: ({ elements, accumulate }: BackwardShape) => ({ COUNT: elements, ACCUMULATE: accumulate }),
    workgroups: ({ elements }) => gridOf(Math.ceil(elements / width / 64)),
    reference: swigluBackwardReference,
    onnx: swigluBackwardOnnx,
    cost: ({ elements }) => ({ flops: 12 * elements, bytes: 4 * 5 * elements }),
  }),
)

/** silu(gate) * up, element by element. gate, up: the same shape, which is also the result's. */
export function swiglu(plan: Plan, gate: Tensor, up: Tensor): Tensor {
  const elements = elementCount(gate)
  const width = elementWidthOf(elements)
  const needsGradient = gate.needsGradient || up.needsGradient
  const y = plan.activation(`swiglu(${gate.name})`, gate.shape, { needsGradient })
  plan.run(swigluForward[width], { elements }, { gate, up, y })
  plan.onBackward(y, (dy) => {
    recordIntoGradients(plan, [gate, up] as const, ([dGate, dUp], accumulate) => {
      plan.run(swigluBackward[width], { elements, accumulate }, { gate, up, dy, dGate, dUp })
    })
  })
  return y
}
