import { defined } from '../../base/assert'
import { sumTolerance, type BenchCase, type Fill, type GradientCase, type KernelCase } from '../cases'
import { elementWidthOf } from '../elementWidth'
import { rope, ropeRotate } from './rope'
import { ropeTable } from './ropeTable'

const shapes = {
  'one row': { rows: 1, heads: 1, headWidth: 64, maxPositions: 4 },
  'one pair': { rows: 7, heads: 3, headWidth: 2, maxPositions: 9 },
  'pairs not a multiple of the workgroup': { rows: 33, heads: 3, headWidth: 6, maxPositions: 40 },
  'pairs by four, not a multiple of the workgroup': { rows: 13, heads: 3, headWidth: 24, maxPositions: 40 },
}

// One position in ten or so is out of range.
const positionsBelow =
  (count: number): Fill =>
  (random) =>
    random.integer(Math.ceil(1.1 * count))

export const ropeCases: KernelCase[] = Object.entries(shapes).flatMap(([name, shape]) =>
  [0, 1].flatMap((inverse) =>
    [0, 1].map((accumulate) => ({
      name: [name, inverse ? 'inverse' : '', accumulate ? 'accumulating' : ''].filter(Boolean).join(', '),
      kernel: ropeRotate[elementWidthOf(shape.headWidth / 2)],
      shape: { ...shape, inverse, accumulate },
      fill: { positions: positionsBelow(shape.maxPositions) },
      tolerance: sumTolerance(3), // two products and the old value
    })),
  ),
)

export const ropeBench: BenchCase[] = [
  {
    name: 'SmolLM2-135M, 512 tokens, queries',
    kernel: ropeRotate[4],
    shape: { rows: 512, heads: 9, headWidth: 64, maxPositions: 512, inverse: 0, accumulate: 0 },
    fill: { positions: (_, index) => index },
  },
]

const table = ropeTable(8, Float64Array.of(1, 0.3, 0.05))

export const ropeGradients: GradientCase[] = [
  {
    name: 'rope',
    inputs: {
      x: { shape: [2, 3, 12] },
      positions: { shape: [6], dtype: 'u32', fill: (random) => random.integer(8) },
      table: { shape: [8, 6], isFrozen: true, fill: (_, index) => table[index] ?? 0 },
    },
    build: (plan, { x, positions, table }) =>
      rope(plan, defined(x, 'x'), {
        positions: defined(positions, 'positions'),
        table: defined(table, 'table'),
        heads: 2,
        headWidth: 6,
      }),
  },
]
