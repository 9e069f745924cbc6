// The kernels of a low-rank adapter that are not part of the linear layer's own matrix products.
//
// The adapter's scale is applied in the two projections, h = scale x A^T and dh = scale dy B, so that
// everything that follows (y += h B^T, dx += dh A, dA = dh^T x, dB = dy^T h) needs none.
//
// Hu et al. 2021, https://arxiv.org/abs/2106.09685
import { accumulate, defineKernel, read, write } from '../../plan/kernelSpec'
import type { Plan } from '../../plan/plan'
import { elementCount, rowsAndColumns, type Tensor } from '../../plan/tensor'
import { linearSizes, planeCount, sizesOf, type LinearSizesShape, type Planes } from '../linear/linearSizes'
import { linearWeightGradient } from '../linear/weightGradient'
import linearSizesWgsl from '../snippets/linear_sizes.wgsl?raw'
import dyOddSnippet from '../snippets/dy_odd.wgsl?raw'
import dySnippet from '../snippets/dy.wgsl?raw'
import multiplyAdd from '../snippets/multiply_add.wgsl?raw'
import ranksWgsl from '../snippets/ranks.wgsl?raw'
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

/** rank: of one plane. */
type ProjectShape = LinearSizesShape & { rank: number; scale: number }
type GradientShape = { rows: number; columns: number; rank: number; transposed: number; accumulate: number }

// As in narrow.wgsl, narrowWhole.wgsl and gradient.wgsl.
const NARROW_TILE_ROWS = 8
const WHOLE_GROUP_ROWS = 64
const WHOLE_GROUP_RANKS = 16
const GRADIENT_TILE_COLUMNS = 32
const GRADIENT_TILE_RANKS = 8

/** Sums of more terms are split among the lanes of a workgroup, for a GPU to have enough to do. */
const MAX_WHOLE_TERMS = 640

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
    workgroups: (shape) => [
      Math.ceil(ranksOf(shape) / (4 * rankGroups(shape.rank))),
      Math.ceil(shape.rows / NARROW_TILE_ROWS),
      1,
    ],
  },
  whole: {
    wgsl: narrowWholeWgsl,
    constants: ({ rank, scale }) => ({ RANK: rank, SCALE: scale }),
    workgroups: (shape) => [Math.ceil(ranksOf(shape) / WHOLE_GROUP_RANKS), Math.ceil(shape.rows / WHOLE_GROUP_ROWS), 1],
  },
}

/** Ranks of all planes. */
function ranksOf(shape: ProjectShape): number {
  return planeCount(shape) * shape.rank
}

interface NarrowParts {
  readonly wgsl: string
  constants(shape: { rank: number; scale: number }): Readonly<Record<string, number>>
  workgroups(shape: ProjectShape): readonly [number, number, number]
}

function projectKernel(operands: 'even' | 'odd', sums: Sums) {
  const parts = narrowParts[sums]
  return defineKernel({
    name: `lora/project/${operands}/${sums}`,
    source: [
      linearSizesWgsl,
      ...(operands === 'even' ? [xSnippet, weightSnippet] : [xOddSnippet, weightOddSnippet]),
      multiplyAdd,
      ranksWgsl,
      projectWgsl,
      parts.wgsl,
    ],
    bindings: {
      x: read('f32', ({ rows, columns }: ProjectShape) => rows * columns),
      narrow: write('f32', (shape: ProjectShape) => shape.rows * ranksOf(shape)),
      weight: read('f32', (shape: ProjectShape) => ranksOf(shape) * shape.columns),
    },
    constants: (shape: ProjectShape) => parts.constants(shape),
    sizes: (shape: ProjectShape) => sizesOf(shape),
    workgroups: (shape: ProjectShape) => parts.workgroups(shape),
    reference: projectReference,
    onnx: projectOnnx,
    cost: (shape: ProjectShape) => ({
      flops: 2 * shape.rows * shape.columns * ranksOf(shape),
      bytes: 4 * (shape.rows * shape.columns + ranksOf(shape) * (shape.columns + shape.rows)),
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
      ranksWgsl,
      projectBackWgsl,
      parts.wgsl,
    ],
    bindings: {
      dy: read('f32', ({ rows, outputs }: ProjectShape) => rows * outputs),
      narrow: write('f32', (shape: ProjectShape) => shape.rows * ranksOf(shape)),
      weight: read('f32', ({ outputs, rank }: ProjectShape) => outputs * rank),
    },
    constants: (shape: ProjectShape) => parts.constants(shape),
    // The "weight" here is B, whose columns are the rank.
    sizes: (shape: ProjectShape) => ({ ...sizesOf(shape), columns: shape.rank }),
    workgroups: (shape: ProjectShape) => parts.workgroups(shape),
    reference: projectBackReference,
    onnx: projectBackOnnx,
    cost: (shape: ProjectShape) => ({
      flops: 2 * shape.rows * shape.outputs * shape.rank,
      bytes: 4 * (shape.rows * shape.outputs + shape.outputs * shape.rank + shape.rows * ranksOf(shape)),
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

/** How the layers of `planes` see their adapter: a [planes R, C], b [N, R]. */
export interface Projected {
  readonly scale: number
  readonly name: string
  readonly planes: Planes
}

/** h = scale x A^T. x: [..., C]. a: [planes R, C]. Returns [rows, planes R]. */
export function project(plan: Plan, x: Tensor, { a, scale, name, planes }: Projected & { readonly a: Tensor }): Tensor {
  const { rows, columns } = rowsAndColumns(x)
  const { rows: ranks } = rowsAndColumns(a)
  const h = plan.activation(`${name} in rank`, [rows, ranks])
  const sizes = linearSizes({ rows, columns, outputs: sumOf(planes), planes })
  const shape = { ...sizes, rank: ranks / planes.length, scale }
  plan.run(loraProject[sumsOf(columns)][parity(columns)], shape, { x, narrow: h, weight: a })
  return h
}

/** dh = scale dy B. dy: [..., N], or in planes. b: [N, R]. Returns [rows, planes R]. */
export function projectBack(
  plan: Plan,
  dy: Tensor,
  { b, scale, name, planes }: Projected & { readonly b: Tensor },
): Tensor {
  const { columns: rank, rows: outputs } = rowsAndColumns(b)
  const rows = elementCount(dy) / outputs
  const dh = plan.activation(`d ${name} in rank`, [rows, planes.length * rank])
  const kernel = loraProjectBack[sumsOf(Math.max(...planes))][parity(outputs, rank)]
  const shape = { ...linearSizes({ rows, columns: rank, outputs, planes }), rank, scale }
  plan.run(kernel, shape, { dy, narrow: dh, weight: b })
  return dh
}

function sumOf(planes: Planes): number {
  return planes.reduce((sum, outputs) => sum + outputs, 0)
}

/** Outputs in tiles of 8 by 8 from which a GPU has enough to do, however many rows there are. */
const LEAST_TILED_ELEMENTS = 64 * 1024
/** So few rows need not be dealt out to several lanes. */
const MAX_TILED_ROWS = 128

/** Whether one thread makes an element's whole sum over `rows`, where the smallest matrix has so many elements. */
export function isTiled(rows: number, elements: number): boolean {
  return rows <= MAX_TILED_ROWS || elements >= LEAST_TILED_ELEMENTS
}

/** Appends the gradient of a matrix [N, C]: left^T right. left: [M, N]. right: [M, C]. */
export function matrixGradient(plan: Plan, matrix: Tensor, { left, right }: { left: Tensor; right: Tensor }): void {
  const { rows, columns } = rowsAndColumns(right)
  const { columns: outputs } = rowsAndColumns(left)
  const { tensor: gradient, accumulate } = plan.gradient(matrix)
  if (isTiled(rows, outputs * columns) && parity(outputs, columns) === 'even') {
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
