import { elementWidthOf } from '../elementWidth'
import { sumTolerance, type BenchCase, type GradientCase, type KernelCase } from '../cases'
import { rmsNorm, rmsNormBackward, rmsNormForward, rmsNormWeightGradient } from './rmsNorm'

const shapes = {
  'one row': { rows: 1, columns: 64 },
  'columns not a multiple of the lanes': { rows: 3, columns: 100 },
  'rows not a multiple of the workgroup': { rows: 67, columns: 36 },
  'odd columns': { rows: 19, columns: 37 },
  'one column': { rows: 7, columns: 1 },
  'more rows than one grid dimension': { rows: 70_000, columns: 4 },
}

export const rmsNormCases: KernelCase[] = Object.entries(shapes).flatMap(([name, shape]) => [
  {
    name,
    kernel: rmsNormForward[elementWidthOf(shape.columns)],
    shape: { ...shape, epsilon: 1e-5 },
    // One column: x tiny makes inv_rms large; relative error is that of inverseSqrt, 2 ULP in WGSL.
    tolerance: { absolute: 1e-5, relative: 4e-6 },
  },
  ...[0, 1].map((accumulate) => ({
    name: accumulate ? `${name}, accumulating` : name,
    kernel: rmsNormBackward[elementWidthOf(shape.columns)],
    shape: { ...shape, accumulate },
    tolerance: sumTolerance(4 * shape.columns),
  })),
])

const weightShapes = { 'one row': { rows: 1, columns: 5 }, 'many rows': { rows: 300, columns: 70 } }

rmsNormCases.push(
  ...Object.entries(weightShapes).flatMap(([name, shape]) =>
    [0, 1].map((accumulate) => ({
      name: accumulate ? `${name}, accumulating` : name,
      kernel: rmsNormWeightGradient,
      shape: { ...shape, accumulate },
      tolerance: sumTolerance(4 * shape.rows),
    })),
  ),
)

export const rmsNormBench: BenchCase[] = [
  { name: 'SmolLM2-135M, 512 tokens', kernel: rmsNormForward[4], shape: { rows: 512, columns: 576, epsilon: 1e-5 } },
  { name: 'SmolLM2-135M, 512 tokens', kernel: rmsNormBackward[4], shape: { rows: 512, columns: 576, accumulate: 1 } },
  {
    name: 'SmolLM2-135M, 512 tokens',
    kernel: rmsNormWeightGradient,
    shape: { rows: 512, columns: 576, accumulate: 1 },
  },
]

export const rmsNormGradients: GradientCase[] = [
  {
    name: 'rmsNorm with a trained weight, of each of three heads',
    inputs: { x: { shape: [2, 12] }, weight: { shape: [4] } },
    build: (plan, { x, weight }) => rmsNorm(plan, x!, weight!, { epsilon: 1e-5 }),
  },
  {
    name: 'rmsNorm',
    inputs: { x: { shape: [3, 5] }, weight: { shape: [5], isFrozen: true } },
    build: (plan, { x, weight }) => rmsNorm(plan, x!, weight!, { epsilon: 1e-5 }),
  },
  {
    name: 'rmsNorm of each of three heads',
    inputs: { x: { shape: [2, 12] }, weight: { shape: [4], isFrozen: true } },
    build: (plan, { x, weight }) => rmsNorm(plan, x!, weight!, { epsilon: 1e-5 }),
  },
]
