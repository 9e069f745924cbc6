// Adding one tensor to another in place: how gradients meet when a kernel could not add them itself.
import { defineKernel, gridOf, read, update } from '../../plan/kernelSpec'
import type { Plan } from '../../plan/plan'
import { elementCount, overlapInBytes, type Tensor } from '../../plan/tensor'
import { elementsSource, elementWidthOf, forElementWidths } from '../elementWidth'
import { addToOnnx } from './residual.onnx'
import addToWgsl from './addTo.wgsl?raw'
import { addToReference } from './residual.reference'

type AddToShape = { elements: number }

const all = ({ elements }: AddToShape) => elements

export const addTo = forElementWidths((width, variant) =>
  defineKernel({
    name: `residual/addTo/${variant}`,
    source: [elementsSource[width], addToWgsl],
    bindings: { part: read('f32', all), total: update('f32', all) },
    constants: ({ elements }: AddToShape) => ({ COUNT: elements }),
    workgroups: ({ elements }) => gridOf(Math.ceil(elements / width / 64)),
    reference: addToReference,
    onnx: addToOnnx,
    cost: ({ elements }) => ({ flops: elements, bytes: 4 * 3 * elements }),
  }),
)

/**
 * Records a step that makes the gradients of two tensors at once. A kernel has one `accumulate` flag for
 * both; when they differ, or both are one tensor, the part that must be added takes a detour. `record` is
 * given where to write, in the order of `tensors`.
 */
export function recordIntoGradients(
  plan: Plan,
  tensors: readonly [Tensor, Tensor],
  record: (outputs: readonly [Tensor, Tensor], accumulate: 0 | 1) => void,
): void {
  const first = plan.gradient(tensors[0])
  const second = plan.gradient(tensors[1])
  if (first.accumulate === second.accumulate && !overlapInBytes(first.tensor, second.tensor)) {
    record([first.tensor, second.tensor], first.accumulate)
    return
  }
  const parts = [first, second].map((target) => {
    const part = target.accumulate ? plan.activation(`${target.tensor.name} part`, target.tensor.shape) : target.tensor
    return { target: target.tensor, part }
  })
  const [a, b] = parts as [(typeof parts)[0], (typeof parts)[0]] // mapped from two
  record([a.part, b.part], 0)
  for (const { target, part } of [a, b]) {
    if (part === target) continue
    const elements = elementCount(target)
    plan.run(addTo[elementWidthOf(elements)], { elements }, { part, total: target })
  }
}
