import { defined } from '../../base/assert'
import type { BenchCase, GradientCase, KernelCase } from '../cases'
import { elementWidthOf } from '../elementWidth'
import { residual } from '../residual/residual'
import { swiglu } from '../swiglu/swiglu'
import { splitColumns, splitColumnsBackward, splitColumnsForward } from './splitColumns'

const exact = { absolute: 0, relative: 0 }
const oneSum = { absolute: 2 ** -20, relative: 2 ** -23 }

const shapes = {
  'one column': { rows: 5, count: 1 },
  'odd sizes': { rows: 67, count: 30 },
  'by four': { rows: 13, count: 24 },
}

export const splitColumnsCases: KernelCase[] = Object.entries(shapes).flatMap(([name, shape]) => {
  const width = elementWidthOf(shape.count)
  return [
    { name, kernel: splitColumnsForward[width], shape, tolerance: exact },
    { name, kernel: splitColumnsBackward[width], shape: { ...shape, accumulate: 0 }, tolerance: exact },
    {
      name: `${name}, accumulating`,
      kernel: splitColumnsBackward[width],
      shape: { ...shape, accumulate: 1 },
      tolerance: oneSum,
    },
  ]
})

const gpt2 = { rows: 512, count: 768 }

export const splitColumnsBench: BenchCase[] = [
  { name: 'GPT-2, 512 tokens', kernel: splitColumnsForward[4], shape: gpt2 },
  { name: 'GPT-2, 512 tokens', kernel: splitColumnsBackward[4], shape: { ...gpt2, accumulate: 0 } },
]

export const splitColumnsGradients: GradientCase[] = [
  {
    name: 'splitColumns, of a tensor that is read beside',
    inputs: { x: { shape: [3, 6] } },
    build: (plan, inputs) => {
      const x = defined(inputs['x'], 'x')
      const [one, two, three] = splitColumns(plan, x, ['one', 'two', 'three'])
      const [again, other, last] = splitColumns(plan, x, ['again', 'other', 'last'])
      return residual(plan, swiglu(plan, one, last), swiglu(plan, swiglu(plan, two, again), swiglu(plan, three, other)))
    },
  },
]
