// Columns in three equal parts: GPT-2 computes queries, keys and values in one product.
import { assert } from '../../base/assert'
import { accumulate, defineKernel, gridOf, read, write } from '../../plan/kernelSpec'
import type { Plan } from '../../plan/plan'
import { rowsAndColumns, type Tensor } from '../../plan/tensor'
import { elementsSource, elementWidthOf, forElementWidths } from '../elementWidth'
import backwardWgsl from './backward.wgsl?raw'
import forwardWgsl from './forward.wgsl?raw'
import { splitColumnsBackwardOnnx, splitColumnsOnnx } from './splitColumns.onnx'
import {
  splitColumnsBackwardReference,
  splitColumnsForwardReference,
  type SplitColumnsShape,
} from './splitColumns.reference'

const whole = ({ rows, count }: SplitColumnsShape) => 3 * rows * count
const part = ({ rows, count }: SplitColumnsShape) => rows * count

export const splitColumnsForward = forElementWidths((width, variant) =>
  defineKernel({
    name: `splitColumns/forward/${variant}`,
    source: [elementsSource[width], forwardWgsl],
    bindings: {
      x: read('f32', whole),
      first: write('f32', part),
      second: write('f32', part),
      third: write('f32', part),
    },
    constants: ({ rows, count }: SplitColumnsShape) => ({ ROWS: rows, COUNT: count }),
    workgroups: (shape) => gridOf(Math.ceil(part(shape) / width / 64)),
    reference: splitColumnsForwardReference,
    onnx: splitColumnsOnnx,
    cost: (shape) => ({ flops: 0, bytes: 4 * 2 * whole(shape) }),
  }),
)

export const splitColumnsBackward = forElementWidths((width, variant) =>
  defineKernel({
    name: `splitColumns/backward/${variant}`,
    source: [elementsSource[width], backwardWgsl],
    bindings: {
      dFirst: read('f32', part),
      dSecond: read('f32', part),
      dThird: read('f32', part),
      dx: accumulate('f32', whole),
    },
    constants: ({ rows, count, accumulate: adds }: SplitColumnsShape & { accumulate: number }) => ({
      ROWS: rows,
      COUNT: count,
      ACCUMULATE: adds,
    }),
    workgroups: (shape) => gridOf(Math.ceil(part(shape) / width / 64)),
    reference: splitColumnsBackwardReference,
    onnx: splitColumnsBackwardOnnx,
    cost: (shape) => ({ flops: 0, bytes: 4 * (2 + shape.accumulate) * whole(shape) }),
  }),
)

/** The first, second and last third of the columns of x, which must all be used. x: [..., 3 C]. Returns [..., C] each. */
export function splitColumns(
  plan: Plan,
  x: Tensor,
  names: readonly [string, string, string],
): [Tensor, Tensor, Tensor] {
  const { rows, columns } = rowsAndColumns(x)
  assert(columns % 3 === 0, `${x.name} has ${columns} columns, which are not thrice as many`)
  const shape = { rows, count: columns / 3 }
  const width = elementWidthOf(shape.count)
  const partOf = (name: string) =>
    plan.activation(name, [...x.shape.slice(0, -1), shape.count], { needsGradient: x.needsGradient })
  const [first, second, third] = [partOf(names[0]), partOf(names[1]), partOf(names[2])]
  plan.run(splitColumnsForward[width], shape, { x, first, second, third })
  plan.onBackward(first, (dFirst) => {
    for (const one of [second, third])
      assert(plan.hasGradient(one), `${one.name} has no gradient, ${first.name} has one`)
    const parts = { dFirst, dSecond: plan.gradient(second).tensor, dThird: plan.gradient(third).tensor }
    const { tensor: dx, accumulate: adds } = plan.gradient(x)
    plan.run(splitColumnsBackward[width], { ...shape, accumulate: adds }, { ...parts, dx })
  })
  return [first, second, third]
}
