import { defined } from '../../base/assert'
import { elementWidthOf } from '../elementWidth'
import { sumTolerance, type BenchCase, type GradientCase, type KernelCase } from '../cases'
import { layerNorm, layerNormBackward, layerNormForward } from './layerNorm'

const shapes = {
  'one row': { rows: 1, columns: 64 },
  'columns not a multiple of the lanes': { rows: 3, columns: 100 },
  'rows not a multiple of the workgroup': { rows: 67, columns: 36 },
  'odd columns': { rows: 19, columns: 37 },
  'more rows than one grid dimension': { rows: 70_000, columns: 4 },
}

// A row whose mean is large against its spread: where a one-pass variance would lose its digits. The mean's
// own rounding, 30 * 2^-24, is what remains.
const offCenter = { x: (random: { normal(): number }) => 30 + random.normal() }

export const layerNormCases: KernelCase[] = [
  ...Object.entries(shapes).flatMap(([name, shape]) => [
    {
      name,
      kernel: layerNormForward[elementWidthOf(shape.columns)],
      shape: { ...shape, epsilon: 1e-5 },
      tolerance: { absolute: 1e-5, relative: 4e-6 },
    },
    ...[0, 1].map((accumulate) => ({
      name: accumulate ? `${name}, accumulating` : name,
      kernel: layerNormBackward[elementWidthOf(shape.columns)],
      shape: { ...shape, accumulate },
      tolerance: sumTolerance(4 * shape.columns),
    })),
  ]),
  {
    name: 'far from zero',
    kernel: layerNormForward[4],
    shape: { rows: 5, columns: 300, epsilon: 1e-5 },
    fill: offCenter,
    tolerance: { absolute: 8 * 30 * 2 ** -24, relative: 4e-6 },
  },
]

export const layerNormBench: BenchCase[] = [
  { name: 'GPT-2, 512 tokens', kernel: layerNormForward[4], shape: { rows: 512, columns: 768, epsilon: 1e-5 } },
  { name: 'GPT-2, 512 tokens', kernel: layerNormBackward[4], shape: { rows: 512, columns: 768, accumulate: 1 } },
]

export const layerNormGradients: GradientCase[] = [
  {
    name: 'layerNorm',
    inputs: { x: { shape: [3, 5] }, weight: { shape: [5], isFrozen: true }, bias: { shape: [5], isFrozen: true } },
    build: (plan, { x, weight, bias }) =>
      layerNorm(plan, defined(x, 'x'), defined(weight, 'weight'), { bias: defined(bias, 'bias'), epsilon: 1e-5 }),
  },
]
