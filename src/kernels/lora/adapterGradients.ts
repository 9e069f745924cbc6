// The gradients of both matrices of an adapter in one step.
import { assert } from '../../base/assert'
import { accumulate, defineKernel, gridOf, read } from '../../plan/kernelSpec'
import type { Plan } from '../../plan/plan'
import { elementCount, rowsAndColumns, type Tensor } from '../../plan/tensor'
import { linearSizes, planeCount, sizesOf, type LinearSizesShape, type Planes } from '../linear/linearSizes'
import linearSizesWgsl from '../snippets/linear_sizes.wgsl?raw'
import ranksWgsl from '../snippets/ranks.wgsl?raw'
import gradientsWgsl from './gradients.wgsl?raw'
import gradientsWholeWgsl from './gradientsWhole.wgsl?raw'
import { isTiled, matrixGradient, parity } from './lora'
import { adapterGradientsOnnx } from './lora.onnx'
import { adapterGradientsReference } from './lora.reference'

/** rank: of one plane. */
type GradientsShape = LinearSizesShape & { rank: number; accumulate: number }

// As in gradients.wgsl and gradientsWhole.wgsl.
const TILE_COLUMNS = 32
const TILE_RANKS = 8
const WHOLE_TILE = 8
const WHOLE_GROUP_TILES = 32

const kernelParts = {
  split: {
    wgsl: gradientsWgsl,
    workgroups: (shape: GradientsShape) =>
      Math.ceil(shape.columns / TILE_COLUMNS) * Math.ceil(ranksOf(shape) / TILE_RANKS) +
      Math.ceil(shape.outputs / TILE_COLUMNS) * Math.ceil(shape.rank / TILE_RANKS),
  },
  whole: {
    wgsl: gradientsWholeWgsl,
    workgroups: (shape: GradientsShape) => {
      const tiles = (rows: number, columns: number) => Math.ceil(rows / WHOLE_TILE) * Math.ceil(columns / WHOLE_TILE)
      const count = tiles(ranksOf(shape), shape.columns) + tiles(shape.outputs, shape.rank)
      return Math.ceil(count / WHOLE_GROUP_TILES)
    },
  },
}

function gradientsKernel(sums: 'split' | 'whole') {
  const { wgsl, workgroups } = kernelParts[sums]
  return defineKernel({
    name: `lora/gradients/${sums}`,
    source: [linearSizesWgsl, ranksWgsl, wgsl],
    bindings: {
      x: read('f32', ({ rows, columns }: GradientsShape) => rows * columns),
      dh: read('f32', (shape: GradientsShape) => shape.rows * ranksOf(shape)),
      dy: read('f32', ({ rows, outputs }: GradientsShape) => rows * outputs),
      h: read('f32', (shape: GradientsShape) => shape.rows * ranksOf(shape)),
      dA: accumulate('f32', (shape: GradientsShape) => ranksOf(shape) * shape.columns),
      dB: accumulate('f32', ({ outputs, rank }: GradientsShape) => outputs * rank),
    },
    sizes: (shape: GradientsShape) => sizesOf(shape),
    constants: ({ rank, accumulate: adds }: GradientsShape) => ({ RANK: rank, ACCUMULATE: adds }),
    workgroups: (shape: GradientsShape) => gridOf(workgroups(shape)),
    reference: adapterGradientsReference,
    onnx: adapterGradientsOnnx,
    cost: (shape: GradientsShape) => {
      const { rows, columns, outputs, rank } = shape
      const elements = ranksOf(shape) * columns + outputs * rank
      return {
        flops: 2 * rows * elements,
        bytes: 4 * (rows * (columns + outputs + 2 * ranksOf(shape)) + (1 + shape.accumulate) * elements),
      }
    },
  })
}

/** For sizes that four divides. `split` deals the terms of a sum out to several lanes. */
export const loraGradients = { split: gradientsKernel('split'), whole: gradientsKernel('whole') }

function ranksOf(shape: GradientsShape): number {
  return planeCount(shape) * shape.rank
}

/**
 * Adds the gradients of an adapter's matrices: dA = dh^T x, dB = dy^T h. x: [..., C]. dy: [..., N], or in planes. h, dh:
 * [rows, planes R]. a: [planes R, C]. b: [N, R]. One step where the sizes are multiples of 4.
 */
export function adapterGradients(
  plan: Plan,
  { a, b, x, h, dy, dh, planes }: Record<'a' | 'b' | 'x' | 'h' | 'dy' | 'dh', Tensor> & { readonly planes: Planes },
): void {
  const { rows, columns } = rowsAndColumns(x)
  const { rows: outputs, columns: rank } = rowsAndColumns(b)
  if (plan.hasGradient(a) !== plan.hasGradient(b) || parity(columns, outputs, rank) === 'odd') {
    assert(planes.length === 1, 'layers that are computed together have sizes that four divides')
    matrixGradient(plan, b, { left: dy, right: h })
    matrixGradient(plan, a, { left: dh, right: x })
    return
  }
  const { tensor: dA, accumulate: adds } = plan.gradient(a)
  const { tensor: dB } = plan.gradient(b)
  const kernel = loraGradients[isTiled(rows, Math.min(elementCount(a), elementCount(b))) ? 'whole' : 'split']
  const shape = { ...linearSizes({ rows, columns, outputs, planes }), rank, accumulate: adds }
  plan.run(kernel, shape, { x, dh, dy, h, dA, dB })
}
