// The residual connection. Its backward costs nothing: the gradient of a sum is the gradient of each part.
import { defineKernel, gridOf, read, write } from '../../plan/kernelSpec'
import type { Plan } from '../../plan/plan'
import { elementCount, type Tensor } from '../../plan/tensor'
import { elementsSource, elementWidthOf, forElementWidths } from '../elementWidth'
import { addTo } from './addTo'
import forwardWgsl from './forward.wgsl?raw'
import { residualOnnx } from './residual.onnx'
import { residualReference } from './residual.reference'

type ResidualShape = { elements: number }

const all = ({ elements }: ResidualShape) => elements

export const residualForward = forElementWidths((width, variant) =>
  defineKernel({
    name: `residual/forward/${variant}`,
    source: [elementsSource[width], forwardWgsl],
    bindings: { x: read('f32', all), branch: read('f32', all), y: write('f32', all) },
    constants: ({ elements }: ResidualShape) => ({ COUNT: elements }),
    workgroups: ({ elements }) => gridOf(Math.ceil(elements / width / 64)),
    reference: residualReference,
    onnx: residualOnnx,
    cost: ({ elements }) => ({ flops: elements, bytes: 4 * 3 * elements }),
  }),
)

/**
 * x + branch. In the backward pass both share the gradient of the sum, without a copy: what the branch
 * later sends back to x is added into it. So nothing but this sum may read `branch`, and the branch must
 * be at least two ops long (one op would read and write that gradient at once, which Plan refuses).
 */
export function residual(plan: Plan, x: Tensor, branch: Tensor): Tensor {
  const elements = elementCount(x)
  const needsGradient = x.needsGradient || branch.needsGradient
  const y = plan.activation(`${x.name} + ${branch.name}`, x.shape, { needsGradient })
  plan.run(residualForward[elementWidthOf(elements)], { elements }, { x, branch, y })
  plan.onBackward(y, (dy) => {
    if (branch.needsGradient) plan.setGradient(branch, dy)
    shareGradient(plan, x, dy)
  })
  return y
}

/** Gives `x` the gradient of a sum that it is part of: the same tensor, or, where x has a gradient already, added to it. */
export function shareGradient(plan: Plan, x: Tensor, dy: Tensor): void {
  if (!x.needsGradient) return
  if (!plan.hasGradient(x)) {
    plan.setGradient(x, dy)
    return
  }
  const elements = elementCount(x)
  plan.run(addTo[elementWidthOf(elements)], { elements }, { part: dy, total: plan.gradient(x).tensor })
}
