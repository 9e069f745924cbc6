// The gradient of a trained matrix in tiles; lora/lora.ts says when it is computed by this.
import { accumulate, defineKernel, read } from '../../plan/kernelSpec'
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
