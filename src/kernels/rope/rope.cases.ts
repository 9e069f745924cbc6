import { defined } from '../../base/assert'
import { attention } from '../attention/attention'
import { sumTolerance, type BenchCase, type Fill, type GradientCase, type KernelCase } from '../cases'
import { elementWidthOf } from '../elementWidth'
import { swiglu } from '../swiglu/swiglu'
import { linears } from '../linear/layer'
import { rope, ropeInPlace, ropeRotate } from './rope'
import type { Tensor } from '../../plan/tensor'
import { ropeTable } from './ropeTable'

const shapes = {
  'one row': { rows: 1, heads: 1, keyValueHeads: 1, headWidth: 64, maxPositions: 4 },
  'one pair': { rows: 7, heads: 3, keyValueHeads: 1, headWidth: 2, maxPositions: 9 },
  'pairs not a multiple of the workgroup': { rows: 33, heads: 3, keyValueHeads: 3, headWidth: 6, maxPositions: 40 },
  'pairs by four, not a multiple of the workgroup': {
    rows: 13,
    heads: 6,
    keyValueHeads: 2,
    headWidth: 24,
    maxPositions: 40,
  },
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

ropeCases.push(
  ...Object.entries(shapes).flatMap(([name, shape]) =>
    [0, 1].map((inverse) => ({
      name: inverse ? `${name}, inverse` : name,
      kernel: ropeInPlace[elementWidthOf(shape.headWidth / 2)],
      shape: { ...shape, inverse, accumulate: 0 },
      fill: { positions: positionsBelow(shape.maxPositions) },
      tolerance: sumTolerance(2),
    })),
  ),
)

const smolLm2 = { heads: 9, keyValueHeads: 3, headWidth: 64, maxPositions: 512 }

export const ropeBench: BenchCase[] = [
  {
    name: 'SmolLM2-135M, 512 tokens',
    kernel: ropeRotate[4],
    shape: { rows: 512, ...smolLm2, inverse: 0, accumulate: 0 },
    fill: { positions: (_, index) => index },
  },
  {
    name: 'SmolLM2-135M, 512 tokens',
    kernel: ropeInPlace[4],
    shape: { rows: 512, ...smolLm2, inverse: 0, accumulate: 0 },
    fill: { positions: (_, index) => index },
  },
]

const table = ropeTable(8, Float64Array.of(1, 0.3, 0.05))
const wideTable = ropeTable(8, Float64Array.of(1, 0.3, 0.05, 0.01))
const angles = {
  positions: { shape: [6], dtype: 'u32', fill: (random) => random.integer(8) },
  table: { shape: [8, 6], isFrozen: true, fill: (_, index) => table[index] ?? 0 },
} as const satisfies GradientCase['inputs']

export const ropeGradients: GradientCase[] = [
  {
    name: 'rope',
    inputs: { q: { shape: [2, 3, 12] }, k: { shape: [2, 3, 12] }, ...angles },
    build: (plan, { q, k, positions, table }) => {
      const sizes = { heads: 2, keyValueHeads: 2, headWidth: 6 }
      const options = { positions: defined(positions, 'positions'), table: defined(table, 'table'), ...sizes }
      return swiglu(plan, ...rope(plan, defined(q, 'q'), defined(k, 'k'), options))
    },
  },
  {
    name: 'rope of queries and keys that are windows into one tensor',
    inputs: {
      x: { shape: [1, 8, 4] },
      weight: { shape: [32, 4], isFrozen: true },
      rows: { shape: [8], dtype: 'u32', fill: (_, index) => index },
      table: { shape: [8, 8], isFrozen: true, fill: (_, index) => wideTable[index] ?? 0 },
    },
    build: (plan, { x, weight, rows, table }) => {
      const sizes = { heads: 2, keyValueHeads: 1, headWidth: 8 }
      const options = { name: 'q, v, k', planes: [16, 8, 8] }
      const joined = { kind: 'float32', weight: defined(weight, 'weight') } as const
      const [q, v, k] = linears(plan, defined(x, 'x'), joined, options) as [Tensor, Tensor, Tensor]
      const positions = defined(rows, 'rows')
      const [rotatedQ, rotatedK] = rope(plan, q, k, { positions, table: defined(table, 'table'), ...sizes })
      return attention(plan, rotatedQ, rotatedK, v, { positions, batch: 1, tokens: 8, ...sizes })
    },
  },
  {
    // Keys that need no gradient, fewer heads of them, and a reader of q beside.
    name: 'rope of queries that are trained, with keys that are not',
    inputs: {
      q: { shape: [1, 6, 12] },
      k: { shape: [1, 6, 6], isFrozen: true },
      v: { shape: [1, 6, 6] },
      rows: { shape: [6], dtype: 'u32', fill: (_, index) => index },
      ...angles,
    },
    build: (plan, { q, k, v, rows, positions, table }) => {
      const sizes = { heads: 2, keyValueHeads: 1, headWidth: 6 }
      const options = { positions: defined(positions, 'positions'), table: defined(table, 'table'), ...sizes }
      const query = defined(q, 'q')
      const [rotatedQ, rotatedK] = rope(plan, query, defined(k, 'k'), options)
      const seen = { positions: defined(rows, 'rows'), batch: 1, tokens: 6, ...sizes }
      return swiglu(plan, attention(plan, rotatedQ, rotatedK, defined(v, 'v'), seen), query)
    },
  },
]
