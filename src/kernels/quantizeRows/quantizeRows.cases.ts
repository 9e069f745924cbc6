import type { BenchCase, KernelCase } from '../cases'
import { quantizeRowsForward } from './quantizeRows'

// The scale is a division, which WGSL allows 2.5 ulp; a value that is rounded otherwise is off by a whole 1.
const tolerance = { absolute: 0, relative: 4e-7 }

export const quantizeRowsCases: KernelCase[] = [
  ...Object.entries({
    'one block': { rows: 1, columns: 32, groupBlocks: 1 },
    'more groups than a workgroup': { rows: 23, columns: 96, groupBlocks: 1 },
    'a scale for each row': { rows: 5, columns: 160, groupBlocks: 5 },
  }).map(([name, shape]) => ({ name, kernel: quantizeRowsForward, shape, tolerance })),
  {
    name: 'a block of zeros',
    kernel: quantizeRowsForward,
    shape: { rows: 2, columns: 64, groupBlocks: 1 },
    fill: { x: (random, index) => (index < 32 ? 0 : random.normal()) },
    tolerance,
  },
]

export const quantizeRowsBench: BenchCase[] = [
  {
    name: 'SmolLM2-135M, 512 tokens',
    kernel: quantizeRowsForward,
    shape: { rows: 512, columns: 576, groupBlocks: 1 },
  },
]
