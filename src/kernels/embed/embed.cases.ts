import type { BenchCase, KernelCase } from '../cases'
import { embedForward } from './embed'

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

export const embedBench: BenchCase[] = [
  {
    name: 'embedded model, 256 tokens',
    kernel: embedForward,
    shape: { rows: 256, columns: 256, ...whole(4096) },
    fill: { tokens: (random) => random.integer(4096) },
  },
]
