import { defined } from '../../base/assert'
import type { BenchCase, GradientCase, KernelCase } from '../cases'
import { elementWidthOf } from '../elementWidth'
import { swiglu } from '../swiglu/swiglu'
import { addTo } from './addTo'
import { residual, residualForward } from './residual'

// One addition, rounded once.
const tolerance = { absolute: 0, relative: 2 ** -23 }

export const residualCases: KernelCase[] = [1, 64, 1001, 1004].flatMap((elements) =>
  [residualForward, addTo].map((kernels) => ({
    name: `${elements} elements`,
    kernel: kernels[elementWidthOf(elements)],
    shape: { elements },
    tolerance,
  })),
)

export const residualBench: BenchCase[] = [
  { name: 'SmolLM2-135M, 512 tokens', kernel: residualForward[4], shape: { elements: 512 * 576 } },
]

export const residualGradients: GradientCase[] = [
  {
    // The gradient of h is that of the sum, and what the branch sends back is added into it.
    name: 'residual whose branch reads the same tensor',
    inputs: { x: { shape: [3, 5] }, up: { shape: [3, 5] } },
    build: (plan, inputs) => {
      const x = defined(inputs['x'], 'x')
      const up = defined(inputs['up'], 'up')
      const h = swiglu(plan, x, up)
      const y = residual(plan, h, swiglu(plan, swiglu(plan, h, up), up))
      return swiglu(plan, y, up)
    },
  },
  {
    name: 'residual of a tensor that has a gradient already',
    inputs: { x: { shape: [4] }, up: { shape: [4] } },
    build: (plan, inputs) => {
      const x = defined(inputs['x'], 'x')
      const up = defined(inputs['up'], 'up')
      const h = swiglu(plan, x, up)
      const y = residual(plan, h, swiglu(plan, swiglu(plan, up, h), up))
      return swiglu(plan, y, h)
    },
  },
]
