import { defined } from '../../base/assert'
import { residual } from '../residual/residual'
import { swiglu } from '../swiglu/swiglu'
import type { BenchCase, GradientCase, KernelCase } from '../cases'
import { sliceColumns, sliceColumnsBackward, sliceColumnsForward } from './sliceColumns'

const exact = { absolute: 0, relative: 0 }
const oneSum = { absolute: 2 ** -20, relative: 2 ** -23 }

const shapes = {
  'the first third': { rows: 5, columns: 21, start: 0, count: 7 },
  'the middle': { rows: 67, columns: 90, start: 30, count: 30 },
  'the last column': { rows: 3, columns: 8, start: 7, count: 1 },
}

export const sliceColumnsCases: KernelCase[] = Object.entries(shapes).flatMap(([name, shape]) => [
  { name, kernel: sliceColumnsForward, shape, tolerance: exact },
  { name, kernel: sliceColumnsBackward, shape: { ...shape, accumulate: 0 }, tolerance: exact },
  {
    name: `${name}, accumulating`,
    kernel: sliceColumnsBackward,
    shape: { ...shape, accumulate: 1 },
    tolerance: oneSum,
  },
])

const gpt2 = { rows: 512, columns: 3 * 768, start: 768, count: 768 }

export const sliceColumnsBench: BenchCase[] = [
  { name: 'GPT-2, 512 tokens', kernel: sliceColumnsForward, shape: gpt2 },
  { name: 'GPT-2, 512 tokens', kernel: sliceColumnsBackward, shape: { ...gpt2, accumulate: 1 } },
]

export const sliceColumnsGradients: GradientCase[] = [
  {
    // Overlapping ranges, and columns that nobody reads.
    name: 'sliceColumns',
    inputs: { x: { shape: [3, 7] } },
    build: (plan, { x }) => {
      const one = sliceColumns(plan, defined(x, 'x'), { name: 'one', start: 0, count: 3 })
      const two = sliceColumns(plan, defined(x, 'x'), { name: 'two', start: 2, count: 3 })
      const three = sliceColumns(plan, defined(x, 'x'), { name: 'three', start: 3, count: 3 })
      return residual(plan, one, swiglu(plan, two, three))
    },
  },
]
