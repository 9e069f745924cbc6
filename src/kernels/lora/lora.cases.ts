import { sumTolerance, type BenchCase, type KernelCase } from '../cases'
import { linearSizes, type Planes } from '../linear/linearSizes'
import { loraGradients } from './adapterGradients'
import { loraGradient, loraProject, loraProjectBack, parity, sumsOf } from './lora'

const shapes = [
  { name: 'one of everything', rows: 1, columns: 1, rank: 1 },
  { name: 'one row, rank 16', rows: 1, columns: 64, rank: 16 },
  { name: 'rank 1', rows: 7, columns: 100, rank: 1 },
  { name: 'rank 5', rows: 13, columns: 52, rank: 5 },
  { name: 'rank 8', rows: 67, columns: 36, rank: 8 },
  { name: 'rank 12, odd columns', rows: 9, columns: 83, rank: 12 },
  { name: 'rank 16, many columns', rows: 21, columns: 580, rank: 16 },
  { name: 'rank 36', rows: 5, columns: 44, rank: 36 },
]

const bothSums = ['split', 'whole'] as const

export const loraCases: KernelCase[] = shapes.flatMap(({ name, rows, columns, rank }) => [
  // Any sum can be computed either way.
  ...bothSums.flatMap((sums) => [
    {
      name,
      kernel: loraProject[sums][parity(columns)],
      shape: { ...linearSizes({ rows, columns, outputs: columns }), rank, scale: 1.5 },
      tolerance: sumTolerance(2 * columns),
    },
    {
      name,
      kernel: loraProjectBack[sums][parity(columns, rank)],
      shape: { ...linearSizes({ rows, columns: rank, outputs: columns }), rank, scale: 1.5 },
      tolerance: sumTolerance(2 * columns),
    },
  ]),
  ...[
    { transposed: 0, accumulate: 0 },
    { transposed: 1, accumulate: 1 },
    { transposed: 0, accumulate: 1 },
    { transposed: 1, accumulate: 0 },
  ].map((flags) => ({
    name: `${name}${flags.transposed ? ', transposed' : ''}${flags.accumulate ? ', accumulating' : ''}`,
    kernel: loraGradient[parity(columns, rank)],
    shape: { rows, columns, rank, ...flags },
    tolerance: sumTolerance(2 * rows),
  })),
])

interface PlaneSizes {
  readonly name: string
  readonly rows: number
  readonly columns: number
  readonly planes: Planes
  readonly rank: number
}

const planeShapes: readonly PlaneSizes[] = [
  { name: 'three planes of one row, rank 4', rows: 1, columns: 36, planes: [8, 8, 16], rank: 4 },
  { name: 'three planes, rank 8', rows: 13, columns: 100, planes: [72, 24, 40], rank: 8 },
  { name: 'two planes, rank 20', rows: 70, columns: 68, planes: [136, 136], rank: 20 },
]

loraCases.push(
  ...planeShapes.flatMap(({ name, rows, columns, planes, rank }) => {
    const outputs = planes.reduce((sum, count) => sum + count, 0)
    return bothSums.flatMap((sums) => [
      {
        name,
        kernel: loraProject[sums].even,
        shape: { ...linearSizes({ rows, columns, outputs, planes }), rank, scale: 1.5 },
        tolerance: sumTolerance(2 * columns),
      },
      {
        name,
        kernel: loraProjectBack[sums].even,
        shape: { ...linearSizes({ rows, columns: rank, outputs, planes }), rank, scale: 1.5 },
        tolerance: sumTolerance(2 * outputs),
      },
    ])
  }),
)

const adapterShapes: readonly PlaneSizes[] = [
  { name: 'one row, rank 4', rows: 1, columns: 4, planes: [4], rank: 4 },
  { name: 'nothing divisible by the tile, rank 12', rows: 13, columns: 52, planes: [36], rank: 12 },
  { name: 'more than one workgroup, rank 16', rows: 66, columns: 132, planes: [68], rank: 16 },
  ...planeShapes,
]

loraCases.push(
  ...adapterShapes.flatMap(({ name, rows, columns, planes, rank }) =>
    bothSums.flatMap((sums) =>
      [0, 1].map((accumulate) => {
        const outputs = planes.reduce((sum, count) => sum + count, 0)
        return {
          name: accumulate ? `${name}, accumulating` : name,
          kernel: loraGradients[sums],
          shape: { ...linearSizes({ rows, columns, outputs, planes }), rank, accumulate },
          tolerance: sumTolerance(2 * rows),
        }
      }),
    ),
  ),
)

export const loraBench: BenchCase[] = [
  { name: 'SmolLM2-135M, 512 tokens, 576 columns, rank 16', rows: 512, columns: 576, rank: 16 },
  { name: 'SmolLM2-135M, 512 tokens, 1536 columns, rank 16', rows: 512, columns: 1536, rank: 16 },
  { name: 'embedded model, 256 tokens, 256 columns, rank 8', rows: 256, columns: 256, rank: 8 },
].flatMap(({ name, rows, columns, rank }) => {
  const sizes = linearSizes({ rows, columns, outputs: columns })
  return [
    { name, kernel: loraProject[sumsOf(columns)].even, shape: { ...sizes, rank, scale: 2 } },
    { name, kernel: loraProjectBack[sumsOf(columns)].even, shape: { ...sizes, columns: rank, rank, scale: 2 } },
    { name, kernel: loraGradients.split, shape: { ...sizes, rank, accumulate: 1 } },
    { name: `${name}, dA`, kernel: loraGradient.even, shape: { rows, columns, rank, transposed: 0, accumulate: 1 } },
    { name: `${name}, dB`, kernel: loraGradient.even, shape: { rows, columns, rank, transposed: 1, accumulate: 1 } },
  ]
})
