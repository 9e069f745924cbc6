// Rotary position embedding of queries and keys together, and its backward: the same rotation the other way.
import { assert } from '../../base/assert'
import { accumulate, defineKernel, gridOf, read, update } from '../../plan/kernelSpec'
import type { Plan } from '../../plan/plan'
import { elementCount, rowsAndColumns, viewTensor, type Tensor } from '../../plan/tensor'
import { elementsSource, elementWidthOf, forElementWidths } from '../elementWidth'
import { recordIntoGradients } from '../residual/addTo'
import { ropeOnnx } from './rope.onnx'
import { ropeInPlaceReference, ropeReference, type RopeShape } from './rope.reference'
import apartWgsl from './apart.wgsl?raw'
import inPlaceWgsl from './inPlace.wgsl?raw'
import rotateWgsl from './rotate.wgsl?raw'

const queryElements = ({ rows, heads, headWidth }: RopeShape) => rows * heads * headWidth
const keyElements = ({ rows, keyValueHeads, headWidth }: RopeShape) => rows * keyValueHeads * headWidth
const elements = (shape: RopeShape) => queryElements(shape) + keyElements(shape)

export const ropeRotate = forElementWidths((width, variant) =>
  defineKernel({
    name: `rope/rotate/${variant}`,
    source: [elementsSource[width], apartWgsl, rotateWgsl],
    bindings: {
      q: read('f32', queryElements),
      k: read('f32', keyElements),
      positions: read('u32', ({ rows }: RopeShape) => rows),
      table: read('f32', ({ maxPositions, headWidth }: RopeShape) => maxPositions * headWidth),
      rotatedQ: accumulate('f32', queryElements),
      rotatedK: accumulate('f32', keyElements),
    },
    constants: (shape: RopeShape) => ({ ...constantsOf(shape), ACCUMULATE: shape.accumulate }),
    workgroups: (shape) => gridOf(Math.ceil(elements(shape) / 2 / width / 64)),
    reference: ropeReference,
    onnx: ropeOnnx,
    cost: (shape) => ({
      flops: 3 * elements(shape),
      bytes: 4 * (2 * elements(shape) + shape.rows * (1 + shape.headWidth)),
    }),
  }),
)

export const ropeInPlace = forElementWidths((width, variant) =>
  defineKernel({
    name: `rope/rotateInPlace/${variant}`,
    source: [elementsSource[width], inPlaceWgsl, rotateWgsl],
    bindings: {
      q: update('f32', queryElements),
      k: update('f32', keyElements),
      positions: read('u32', ({ rows }: RopeShape) => rows),
      table: read('f32', ({ maxPositions, headWidth }: RopeShape) => maxPositions * headWidth),
    },
    constants: constantsOf,
    workgroups: (shape) => gridOf(Math.ceil(elements(shape) / 2 / width / 64)),
    reference: ropeInPlaceReference,
    cost: (shape) => ({
      flops: 3 * elements(shape),
      bytes: 4 * (2 * elements(shape) + shape.rows * (1 + shape.headWidth)),
    }),
  }),
)

function constantsOf(shape: RopeShape): Readonly<Record<string, number>> {
  return {
    ROWS: shape.rows,
    HEADS: shape.heads,
    KEY_VALUE_HEADS: shape.keyValueHeads,
    HEAD_WIDTH: shape.headWidth,
    MAX_POSITIONS: shape.maxPositions,
    INVERSE: shape.inverse,
  }
}

export interface RopeOptions {
  /** u32 [B * T]: where each row stands in its sequence. */
  readonly positions: Tensor
  /** [maxPositions, headWidth], see ropeTable.ts. */
  readonly table: Tensor
  readonly heads: number
  readonly keyValueHeads: number
  readonly headWidth: number
}

/**
 * Rotates every head of every row by its position. q: [..., H * D]. k: [..., K * D]. Returns the same shapes. Where one of
 * them is a window into a tensor that lives on for what is beside it, they are rotated where they lie: nothing else may read
 * them.
 */
export function rope(
  plan: Plan,
  q: Tensor,
  k: Tensor,
  { positions, table, heads, keyValueHeads, headWidth }: RopeOptions,
): [Tensor, Tensor] {
  const { rows, columns } = rowsAndColumns(q)
  assert(columns === heads * headWidth && headWidth % 2 === 0, `${q.name}: ${heads} heads of ${headWidth}`)
  const shape = { rows, heads, keyValueHeads, headWidth, maxPositions: elementCount(table) / headWidth }
  const kernel = ropeRotate[elementWidthOf(headWidth / 2)]
  // One step gives both gradients back, so both are asked for; those of the first block's keys may have no reader.
  const needsGradient = q.needsGradient || k.needsGradient
  if ([q, k].some((one) => one.base !== one)) {
    const rotatedOf = (one: Tensor) => ({ ...viewTensor(one, `${one.name} rotated`, one.shape, 0), needsGradient })
    const rotated: [Tensor, Tensor] = [rotatedOf(q), rotatedOf(k)]
    const inPlace = (inverse: 0 | 1, both: Readonly<Record<'q' | 'k', Tensor>>) => {
      const kernelInPlace = ropeInPlace[elementWidthOf(headWidth / 2)]
      plan.run(kernelInPlace, { ...shape, inverse, accumulate: 0 }, { ...both, positions, table })
    }
    inPlace(0, { q, k })
    // Their gradients lie where those of q and k would, and are rotated back there.
    plan.onBackward(rotated[0], (dRotatedQ) => inPlace(1, { q: dRotatedQ, k: plan.gradient(rotated[1]).tensor }))
    return rotated
  }
  const rotatedQ = plan.activation(`${q.name} rotated`, q.shape, { needsGradient })
  const rotatedK = plan.activation(`${k.name} rotated`, k.shape, { needsGradient })
  plan.run(kernel, { ...shape, inverse: 0, accumulate: 0 }, { q, k, positions, table, rotatedQ, rotatedK })
  plan.onBackward(rotatedQ, (dRotatedQ) => {
    assert(plan.hasGradient(rotatedK), `${rotatedQ.name} has a gradient, ${rotatedK.name} has none`)
    const gradients = { q: dRotatedQ, k: plan.gradient(rotatedK).tensor, positions, table }
    recordIntoGradients(plan, [q, k], ([dq, dk], adds) => {
      plan.run(kernel, { ...shape, inverse: 1, accumulate: adds }, { ...gradients, rotatedQ: dq, rotatedK: dk })
    })
  })
  return [rotatedQ, rotatedK]
}
