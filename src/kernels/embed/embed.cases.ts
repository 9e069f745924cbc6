import type { BenchCase, KernelCase } from '../cases'
import { embedForward } from './embed'

// A copy: exact. One id in eight or so is out of range.
export const embedCases: KernelCase[] = Object.entries({
  'one row': { rows: 1, columns: 64, vocabulary: 9 },
  'elements not a multiple of the workgroup': { rows: 7, columns: 35, vocabulary: 11 },
  'one column': { rows: 33, columns: 1, vocabulary: 2 },
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
    shape: { rows: 256, columns: 256, vocabulary: 4096 },
    fill: { tokens: (random) => random.integer(4096) },
  },
]
