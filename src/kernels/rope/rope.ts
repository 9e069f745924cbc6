// Rotary position embedding of queries and keys, and its backward: the same rotation the other way.
import { assert } from '../../base/assert'
import { accumulate, defineKernel, gridOf, read } from '../../plan/kernelSpec'
import type { Plan } from '../../plan/plan'
import { elementCount, rowsAndColumns, type Tensor } from '../../plan/tensor'
import { elementsSource, elementWidthOf, forElementWidths } from '../elementWidth'
import { ropeOnnx } from './rope.onnx'
import { ropeReference, type RopeShape } from './rope.reference'
import rotateWgsl from './rotate.wgsl?raw'

const elements = ({ rows, heads, headWidth }: RopeShape) => rows * heads * headWidth

export const ropeRotate = forElementWidths((width, variant) =>
  defineKernel({
    name: `rope/rotate/${variant}`,
    source: [elementsSource[width], rotateWgsl],
    bindings: {
      x: read('f32', elements),
      positions: read('u32', ({ rows }: RopeShape) => rows),
      table: read('f32', ({ maxPositions, headWidth }: RopeShape) => maxPositions * headWidth),
      y: accumulate('f32', elements),
    },
    constants: (shape: RopeShape) => ({
      ROWS: shape.rows,
      HEADS: shape.heads,
      HEAD_WIDTH: shape.headWidth,
      MAX_POSITIONS: shape.maxPositions,
      INVERSE: shape.inverse,
      ACCUMULATE: shape.accumulate,
    }),
    workgroups: (shape) => gridOf(Math.ceil(elements(shape) / 2 / width / 64)),
    reference: ropeReference,
    onnx: ropeOnnx,
    cost: (shape) => ({
      flops: 3 * elements(shape),
      bytes: 4 * (2 * elements(shape) + shape.rows * (1 + shape.headWidth)),
    }),
  }),
)

export interface RopeOptions {
  /** u32 [B * T]: where each row stands in its sequence. */
  readonly positions: Tensor
  /** [maxPositions, headWidth], see ropeTable.ts. */
  readonly table: Tensor
  readonly heads: number
  readonly headWidth: number
}

/** Rotates every head of every row by its position. x: [..., heads * headWidth]. Returns the same shape. */
export function rope(plan: Plan, x: Tensor, { positions, table, heads, headWidth }: RopeOptions): Tensor {
  const { rows, columns } = rowsAndColumns(x)
  assert(columns === heads * headWidth && headWidth % 2 === 0, `${x.name}: ${heads} heads of ${headWidth}`)
  const shape = { rows, heads, headWidth, maxPositions: elementCount(table) / headWidth }
  const kernel = ropeRotate[elementWidthOf(headWidth / 2)]
  const y = plan.activation(`${x.name} rotated`, x.shape, { needsGradient: x.needsGradient })
  plan.run(kernel, { ...shape, inverse: 0, accumulate: 0 }, { x, positions, table, y })
  plan.onBackward(y, (dy) => {
    const dx = plan.gradient(x)
    const bindings = { x: dy, positions, table, y: dx.tensor }
    plan.run(kernel, { ...shape, inverse: 1, accumulate: dx.accumulate }, bindings)
  })
  return y
}
