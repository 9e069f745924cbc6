// The kernels of a low-rank adapter that are not part of the linear layer's own matrix products.
//
// The adapter's scale is applied in the two projections, h = scale x A^T and dh = scale dy B, so that
// everything that follows (y += h B^T, dx += dh A, dA = dh^T x, dB = dy^T h) needs none.
//
// Hu et al. 2021, https://arxiv.org/abs/2106.09685
import { accumulate, defineKernel, read, write } from '../../plan/kernelSpec'
import type { Plan } from '../../plan/plan'
import { rowsAndColumns, type Tensor } from '../../plan/tensor'
import { linearSizes } from '../linear/linearSizes'
import { linearWeightGradient } from '../linear/weightGradient'
import linearSizesWgsl from '../snippets/linear_sizes.wgsl?raw'
import dyOddSnippet from '../snippets/dy_odd.wgsl?raw'
import dySnippet from '../snippets/dy.wgsl?raw'
import multiplyAdd from '../snippets/multiply_add.wgsl?raw'
import weightOddSnippet from '../snippets/weight_float32_odd.wgsl?raw'
import weightSnippet from '../snippets/weight_float32.wgsl?raw'
import xOddSnippet from '../snippets/x_odd.wgsl?raw'
import xSnippet from '../snippets/x.wgsl?raw'
import gradientWgsl from './gradient.wgsl?raw'
import operandsWgsl from './gradientOperands.wgsl?raw'
import operandsOddWgsl from './gradientOperandsOdd.wgsl?raw'
import { adapterGradientReference, projectBackReference, projectReference } from './lora.reference'
import { adapterGradientOnnx, projectBackOnnx, projectOnnx } from './lora.onnx'
import narrowWgsl from './narrow.wgsl?raw'
import narrowWholeWgsl from './narrowWhole.wgsl?raw'
import projectWgsl from './project.wgsl?raw'
import projectBackWgsl from './projectBack.wgsl?raw'

type ProjectShape = { rows: number; columns: number; rank: number; scale: number }
type ProjectBackShape = { rows: number; outputs: number; rank: number; scale: number }
type GradientShape = { rows: number; columns: number; rank: number; transposed: number; accumulate: number }

// As in narrow.wgsl, narrowWhole.wgsl and gradient.wgsl.
const NARROW_TILE_ROWS = 8
const WHOLE_GROUP_ROWS = 64
const WHOLE_GROUP_RANKS = 16
const GRADIENT_TILE_COLUMNS = 32
const GRADIENT_TILE_RANKS = 8

/** Sums of more terms are split among the lanes of a workgroup, for a GPU to have enough to do. */
const MAX_WHOLE_TERMS = 512

/** How the two projections compute a sum: split among lanes, or each by one thread. */
type Sums = 'split' | 'whole'

export function sumsOf(terms: number): Sums {
  return terms <= MAX_WHOLE_TERMS ? 'whole' : 'split'
}

/** How many groups of 4 ranks one workgroup of narrow.wgsl computes. */
function rankGroups(rank: number): number {
  return rank <= 4 ? 1 : rank <= 8 ? 2 : 4
}

/** What a projection's spec is made of beside its operands. */
const narrowParts: Readonly<Record<Sums, NarrowParts>> = {
  split: {
    wgsl: narrowWgsl,
    constants: ({ rank, scale }) => ({ RANK: rank, SCALE: scale, RANK_GROUPS: rankGroups(rank) }),
    workgroups: ({ rows, rank }) => [Math.ceil(rank / (4 * rankGroups(rank))), Math.ceil(rows / NARROW_TILE_ROWS), 1],
  },
  whole: {
    wgsl: narrowWholeWgsl,
    constants: ({ rank, scale }) => ({ RANK: rank, SCALE: scale }),
    workgroups: ({ rows, rank }) => [Math.ceil(rank / WHOLE_GROUP_RANKS), Math.ceil(rows / WHOLE_GROUP_ROWS), 1],
  },
}

interface NarrowParts {
  readonly wgsl: string
  constants(shape: { rank: number; scale: number }): Readonly<Record<string, number>>
  workgroups(shape: { rows: number; rank: number }): readonly [number, number, number]
}

function projectKernel(operands: 'even' | 'odd', sums: Sums) {
  const parts = narrowParts[sums]
  return defineKernel({
    name: `lora/project/${operands}/${sums}`,
    source: [
      linearSizesWgsl,
      ...(operands === 'even' ? [xSnippet, weightSnippet] : [xOddSnippet, weightOddSnippet]),
      multiplyAdd,
      projectWgsl,
      parts.wgsl,
    ],
    bindings: {
      x: read('f32', ({ rows, columns }: ProjectShape) => rows * columns),
      narrow: write('f32', ({ rows, rank }: ProjectShape) => rows * rank),
      weight: read('f32', ({ columns, rank }: ProjectShape) => rank * columns),
    },
    constants: (shape: ProjectShape) => parts.constants(shape),
    sizes: ({ rows, columns }) => linearSizes({ rows, columns, outputs: 0 }),
    workgroups: (shape) => parts.workgroups(shape),
    reference: projectReference,
    onnx: projectOnnx,
    cost: ({ rows, columns, rank }) => ({
      flops: 2 * rows * columns * rank,
      bytes: 4 * (rows * columns + rank * columns + rows * rank),
    }),
  })
}

function projectBackKernel(operands: 'even' | 'odd', sums: Sums) {
  const parts = narrowParts[sums]
  return defineKernel({
    name: `lora/projectBack/${operands}/${sums}`,
    source: [
      linearSizesWgsl,
      ...(operands === 'even' ? [dySnippet, weightSnippet] : [dyOddSnippet, weightOddSnippet]),
      multiplyAdd,
      projectBackWgsl,
      parts.wgsl,
    ],
    bindings: {
      dy: read('f32', ({ rows, outputs }: ProjectBackShape) => rows * outputs),
      narrow: write('f32', ({ rows, rank }: ProjectBackShape) => rows * rank),
      weight: read('f32', ({ outputs, rank }: ProjectBackShape) => outputs * rank),
    },
    constants: (shape: ProjectBackShape) => parts.constants(shape),
    // The "weight" here is B, whose columns are the rank.
    sizes: ({ rows, outputs, rank }) => linearSizes({ rows, columns: rank, outputs }),
    workgroups: (shape) => parts.workgroups(shape),
    reference: projectBackReference,
    onnx: projectBackOnnx,
    cost: ({ rows, outputs, rank }) => ({
      flops: 2 * rows * outputs * rank,
      bytes: 4 * (rows * outputs + outputs * rank + rows * rank),
    }),
  })
}

function gradientKernel(operands: 'even' | 'odd') {
  return defineKernel({
    name: `lora/gradient/${operands}`,
    source: [linearSizesWgsl, operands === 'even' ? operandsWgsl : operandsOddWgsl, gradientWgsl],
    bindings: {
      wide: read('f32', ({ rows, columns }: GradientShape) => rows * columns),
      narrow: read('f32', ({ rows, rank }: GradientShape) => rows * rank),
      gradient: accumulate('f32', ({ columns, rank }: GradientShape) => columns * rank),
    },
    sizes: ({ rows, columns }: GradientShape) => linearSizes({ rows, columns, outputs: 0 }),
    constants: ({ rank, transposed, accumulate }: GradientShape) => ({
      RANK: rank,
      TRANSPOSED: transposed,
      ACCUMULATE: accumulate,
    }),
    workgroups: ({ columns, rank }) => [
      Math.ceil(columns / GRADIENT_TILE_COLUMNS),
      Math.ceil(rank / GRADIENT_TILE_RANKS),
      1,
    ],
    reference: adapterGradientReference,
    onnx: adapterGradientOnnx,
    cost: ({ rows, columns, rank, accumulate }) => ({
      flops: 2 * rows * columns * rank,
      bytes: 4 * (rows * columns + rows * rank + (1 + accumulate) * columns * rank),
    }),
  })
}

/** `even` reads vectors of 4 and needs every row to be a multiple of that; `odd` takes any size. */
export const loraProject = bothSums((sums) => ({ even: projectKernel('even', sums), odd: projectKernel('odd', sums) }))
export const loraProjectBack = bothSums((sums) => ({
  even: projectBackKernel('even', sums),
  odd: projectBackKernel('odd', sums),
}))
export const loraGradient = { even: gradientKernel('even'), odd: gradientKernel('odd') }

function bothSums<T>(make: (sums: Sums) => T): Readonly<Record<Sums, T>> {
  return { split: make('split'), whole: make('whole') }
}

/** `even` when all sizes are multiples of 4. */
export function parity(...sizes: readonly number[]): 'even' | 'odd' {
  return sizes.every((size) => size % 4 === 0) ? 'even' : 'odd'
}

/** h = scale x A^T. x: [..., C]. a: [R, C]. Returns [rows, R]. */
export function project(plan: Plan, x: Tensor, { a, scale, name }: { a: Tensor; scale: number; name: string }): Tensor {
  const { rows, columns } = rowsAndColumns(x)
  const { rows: rank } = rowsAndColumns(a)
  const h = plan.activation(`${name} in rank`, [rows, rank])
  plan.run(loraProject[sumsOf(columns)][parity(columns)], { rows, columns, rank, scale }, { x, narrow: h, weight: a })
  return h
}

/** dh = scale dy B. dy: [..., N]. b: [N, R]. Returns [rows, R]. */
export function projectBack(
  plan: Plan,
  dy: Tensor,
  { b, scale, name }: { b: Tensor; scale: number; name: string },
): Tensor {
  const { rows, columns: outputs } = rowsAndColumns(dy)
  const { columns: rank } = rowsAndColumns(b)
  const dh = plan.activation(`d ${name} in rank`, [rows, rank])
  const kernel = loraProjectBack[sumsOf(outputs)][parity(outputs, rank)]
  plan.run(kernel, { rows, outputs, rank, scale }, { dy, narrow: dh, weight: b })
  return dh
}

/** Adds the gradients of the adapter's matrices: dA = dh^T x, dB = dy^T h. */
export function adapterGradients(
  plan: Plan,
  { a, b, x, h, dy, dh }: { a: Tensor; b: Tensor; x: Tensor; h: Tensor; dy: Tensor; dh: Tensor },
): void {
  matrixGradient(plan, b, { left: dy, right: h })
  matrixGradient(plan, a, { left: dh, right: x })
}

/** Outputs in tiles of 8 by 8 from which a GPU has enough to do, however many rows there are. */
const LEAST_TILED_ELEMENTS = 64 * 1024
/** So few rows need not be dealt out to several lanes. */
const MAX_TILED_ROWS = 128

/** Appends the gradient of a matrix [N, C]: left^T right. left: [M, N]. right: [M, C]. */
export function matrixGradient(plan: Plan, matrix: Tensor, { left, right }: { left: Tensor; right: Tensor }): void {
  const { rows, columns } = rowsAndColumns(right)
  const { columns: outputs } = rowsAndColumns(left)
  const { tensor: gradient, accumulate } = plan.gradient(matrix)
  const isTiled = rows <= MAX_TILED_ROWS || outputs * columns >= LEAST_TILED_ELEMENTS
  if (isTiled && parity(outputs, columns) === 'even') {
    plan.run(linearWeightGradient, { rows, columns, outputs, accumulate }, { x: right, dy: left, gradient })
    return
  }
  const kernel = loraGradient[parity(outputs, columns)]
  if (outputs <= columns) {
    const shape = { rows, columns, rank: outputs, transposed: 0, accumulate }
    plan.run(kernel, shape, { wide: right, narrow: left, gradient })
  } else {
    const shape = { rows, columns: outputs, rank: columns, transposed: 1, accumulate }
    plan.run(kernel, shape, { wide: left, narrow: right, gradient })
  }
}
