// A range of columns: GPT-2 computes queries, keys and values in one product and cuts it in three.
import { assert } from '../../base/assert'
import { accumulate, defineKernel, gridOf, read, write } from '../../plan/kernelSpec'
import type { Plan } from '../../plan/plan'
import { rowsAndColumns, type Tensor } from '../../plan/tensor'
import backwardWgsl from './backward.wgsl?raw'
import forwardWgsl from './forward.wgsl?raw'
import { sliceColumnsBackwardOnnx, sliceColumnsOnnx } from './sliceColumns.onnx'
import {
  sliceColumnsBackwardReference,
  sliceColumnsForwardReference,
  type SliceColumnsShape,
} from './sliceColumns.reference'

const whole = ({ rows, columns }: SliceColumnsShape) => rows * columns
const range = ({ rows, count }: SliceColumnsShape) => rows * count

const constants = ({ rows, columns, start, count }: SliceColumnsShape) => ({
  ROWS: rows,
  COLUMNS: columns,
  START: start,
  COUNT: count,
})

export const sliceColumnsForward = defineKernel({
  name: 'sliceColumns/forward',
  source: [forwardWgsl],
  bindings: { x: read('f32', whole), y: write('f32', range) },
  constants,
  workgroups: (shape) => gridOf(Math.ceil(range(shape) / 64)),
  reference: sliceColumnsForwardReference,
  onnx: sliceColumnsOnnx,
  cost: (shape) => ({ flops: 0, bytes: 4 * 2 * range(shape) }),
})

export const sliceColumnsBackward = defineKernel({
  name: 'sliceColumns/backward',
  source: [backwardWgsl],
  bindings: {
    dy: read('f32', range),
    dx: accumulate('f32', whole),
  },
  constants: (shape: SliceColumnsShape & { accumulate: number }) => ({
    ...constants(shape),
    ACCUMULATE: shape.accumulate,
  }),
  workgroups: (shape) => gridOf(Math.ceil(whole(shape) / 64)),
  reference: sliceColumnsBackwardReference,
  onnx: sliceColumnsBackwardOnnx,
  cost: (shape) => ({ flops: 0, bytes: 4 * (range(shape) + (shape.accumulate ? 2 * range(shape) : whole(shape))) }),
})

/** Columns start … start + count - 1 of x. x: [..., C]. Returns [..., count]. */
export function sliceColumns(
  plan: Plan,
  x: Tensor,
  { name, start, count }: { name: string; start: number; count: number },
): Tensor {
  const { rows, columns } = rowsAndColumns(x)
  assert(start >= 0 && start + count <= columns, `${name}: columns ${start} + ${count} of ${columns}`)
  const shape = { rows, columns, start, count }
  const y = plan.activation(name, [...x.shape.slice(0, -1), count], { needsGradient: x.needsGradient })
  plan.run(sliceColumnsForward, shape, { x, y })
  plan.onBackward(y, (dy) => {
    const target = plan.gradient(x)
    plan.run(sliceColumnsBackward, { ...shape, accumulate: target.accumulate }, { dy, dx: target.tensor })
  })
  return y
}
