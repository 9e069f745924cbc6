// The gradient of a trained weight of any linear: of full fine-tuning, where nothing is frozen.
import { accumulate, defineKernel, read } from '../../plan/kernelSpec'
import type { Plan } from '../../plan/plan'
import { rowsAndColumns, type Tensor } from '../../plan/tensor'
import { matrixGradient, parity } from '../lora/lora'
import linearSizesWgsl from '../snippets/linear_sizes.wgsl?raw'
import { linearWeightGradientOnnx } from './linear.onnx'
import { linearWeightGradientReference } from './linear.reference'
import { linearSizes } from './linearSizes'
import weightGradientWgsl from './weightGradient.wgsl?raw'

type WeightGradientShape = { rows: number; columns: number; outputs: number; accumulate: number }

// Of a workgroup, 8 by 4 threads of 8 by 8.
const GROUP_COLUMNS = 64
const GROUP_OUTPUTS = 32

/** For widths that four divides. */
export const linearWeightGradient = defineKernel({
  name: 'linear/weightGradient',
  source: [linearSizesWgsl, weightGradientWgsl],
  bindings: {
    x: read('f32', ({ rows, columns }: WeightGradientShape) => rows * columns),
    dy: read('f32', ({ rows, outputs }: WeightGradientShape) => rows * outputs),
    gradient: accumulate('f32', ({ columns, outputs }: WeightGradientShape) => outputs * columns),
  },
  sizes: ({ rows, columns, outputs }: WeightGradientShape) => linearSizes({ rows, columns, outputs }),
  constants: (shape: WeightGradientShape) => ({ ACCUMULATE: shape.accumulate }),
  workgroups: ({ columns, outputs }) => [Math.ceil(columns / GROUP_COLUMNS), Math.ceil(outputs / GROUP_OUTPUTS), 1],
  reference: linearWeightGradientReference,
  onnx: linearWeightGradientOnnx,
  cost: ({ rows, columns, outputs, accumulate: adds }) => ({
    flops: 2 * rows * columns * outputs,
    bytes: 4 * (rows * (columns + outputs) + (1 + adds) * columns * outputs),
  }),
})

/** Appends dW += dy^T x. weight: [out, in]. x: [M, in]. dy: [M, out]. */
export function weightGradient(plan: Plan, weight: Tensor, { x, dy }: { x: Tensor; dy: Tensor }): void {
  const { rows, columns } = rowsAndColumns(x)
  const { columns: outputs } = rowsAndColumns(dy)
  if (parity(columns, outputs) === 'odd') {
    matrixGradient(plan, weight, { wide: x, narrow: dy, transposed: 0 })
    return
  }
  const { tensor: gradient, accumulate: adds } = plan.gradient(weight)
  plan.run(linearWeightGradient, { rows, columns, outputs, accumulate: adds }, { x, dy, gradient })
}
