import { sumTolerance, type BenchCase, type KernelCase } from '../cases'
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

export const loraCases: KernelCase[] = shapes.flatMap(({ name, rows, columns, rank }) => [
  // Any sum can be computed either way.
  ...(['split', 'whole'] as const).flatMap((sums) => [
    {
      name,
      kernel: loraProject[sums][parity(columns)],
      shape: { rows, columns, rank, scale: 1.5 },
      tolerance: sumTolerance(2 * columns),
    },
    {
      name,
      kernel: loraProjectBack[sums][parity(columns, rank)],
      shape: { rows, outputs: columns, rank, scale: 1.5 },
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

export const loraBench: BenchCase[] = [
  { name: 'SmolLM2-135M, 512 tokens, 576 columns, rank 16', rows: 512, columns: 576, rank: 16 },
  { name: 'SmolLM2-135M, 512 tokens, 1536 columns, rank 16', rows: 512, columns: 1536, rank: 16 },
  { name: 'embedded model, 256 tokens, 256 columns, rank 8', rows: 256, columns: 256, rank: 8 },
].flatMap(({ name, rows, columns, rank }) => [
  { name, kernel: loraProject[sumsOf(columns)].even, shape: { rows, columns, rank, scale: 2 } },
  { name, kernel: loraProjectBack[sumsOf(columns)].even, shape: { rows, outputs: columns, rank, scale: 2 } },
  { name: `${name}, dA`, kernel: loraGradient.even, shape: { rows, columns, rank, transposed: 0, accumulate: 1 } },
  { name: `${name}, dB`, kernel: loraGradient.even, shape: { rows, columns, rank, transposed: 1, accumulate: 1 } },
])
