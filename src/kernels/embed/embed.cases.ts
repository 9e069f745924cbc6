import { floatToHalf } from '../../base/float16'
import type { Random } from '../../base/random'
import { sumTolerance, type BenchCase, type GradientCase, type KernelCase } from '../cases'
import { embed, embedBackward, embedForward, embedForwardFloat16, embedForwardInt8 } from './embed'

const whole = (vocabulary: number) => ({ vocabulary, first: 0, count: vocabulary, accumulate: 0 })

// A copy: exact. One id in eight or so is out of range.
export const embedCases: KernelCase[] = Object.entries({
  'one row': { rows: 1, columns: 64, ...whole(9) },
  'elements not a multiple of the workgroup': { rows: 7, columns: 35, ...whole(11) },
  'one column': { rows: 33, columns: 1, ...whole(2) },
  'a first part': { rows: 40, columns: 5, vocabulary: 11, first: 0, count: 4, accumulate: 1 },
  'a part in the middle': { rows: 40, columns: 5, vocabulary: 11, first: 4, count: 4, accumulate: 1 },
  'the last part': { rows: 40, columns: 5, vocabulary: 11, first: 8, count: 3, accumulate: 1 },
}).map(([name, shape]) => ({
  name,
  kernel: embedForward,
  shape,
  fill: { tokens: (random) => random.integer(shape.vocabulary + 2) },
  tolerance: { absolute: 0, relative: 0 },
}))

embedCases.push(
  ...Object.entries({
    'one row': { rows: 1, columns: 4, ...whole(9) },
    'groups of four not a multiple of the workgroup': { rows: 37, columns: 20, ...whole(11) },
    'a part in the middle': { rows: 40, columns: 12, vocabulary: 11, first: 4, count: 4, accumulate: 1 },
  }).map(([name, shape]) => ({
    name,
    kernel: embedForwardFloat16,
    shape,
    fill: {
      tokens: (random: Random) => random.integer(shape.vocabulary + 2),
      // From the least half to thousands.
      table: (random: Random) => floatToHalf(random.normal() * 2 ** (random.integer(36) - 24)),
    },
    tolerance: { absolute: 2 ** -14, relative: 0 }, // a copy, but for what is too small to be normal: that may be 0
  })),
  ...Object.entries({
    'one row': { rows: 1, columns: 64, ...whole(9) },
    'rows of an odd number of blocks': { rows: 37, columns: 96, ...whole(11) },
    'a part in the middle': { rows: 40, columns: 32, vocabulary: 11, first: 4, count: 4, accumulate: 1 },
  }).map(([name, shape]) => ({
    name,
    kernel: embedForwardInt8,
    shape,
    fill: {
      tokens: (random: Random) => random.integer(shape.vocabulary + 2),
      values: (random: Random) => random.integer(255) - 127,
      scales: (random: Random) => 0x2000 + random.integer(0x400), // halves from 2^-7 to 2^-6
    },
    tolerance: { absolute: 0, relative: 2 ** -23 }, // one product
  })),
  ...Object.entries({
    'one row': { rows: 1, columns: 3, vocabulary: 5 },
    'tokens that come again': { rows: 90, columns: 70, vocabulary: 7 },
  }).map(([name, shape]) => ({
    name,
    kernel: embedBackward,
    shape,
    fill: { tokens: (random: Random) => random.integer(shape.vocabulary + 2) },
    tolerance: sumTolerance(4 * shape.rows),
  })),
)

export const embedGradients: GradientCase[] = [
  {
    name: 'embed with a trained table',
    inputs: {
      tokens: { shape: [1, 6], dtype: 'u32', fill: (_, index) => [2, 0, 2, 4, 9, 2][index]! },
      table: { shape: [5, 3] },
    },
    build: (plan, { tokens, table }) => embed(plan, tokens!, [{ kind: 'float32', weight: table! }]),
  },
]

export const embedBench: BenchCase[] = [
  {
    name: 'embedded model, 256 tokens',
    kernel: embedForwardFloat16,
    shape: { rows: 256, columns: 256, ...whole(4096) },
    fill: { tokens: (random) => random.integer(4096) },
  },
  {
    name: 'embedded model, 256 tokens',
    kernel: embedForwardInt8,
    shape: { rows: 256, columns: 256, ...whole(4096) },
    fill: { tokens: (random) => random.integer(4096) },
  },
  {
    name: 'embedded model, 256 tokens',
    kernel: embedForward,
    shape: { rows: 256, columns: 256, ...whole(4096) },
    fill: { tokens: (random) => random.integer(4096) },
  },
]
