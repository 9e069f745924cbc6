// LayerNorm over the last axis, with frozen weight and bias.
import { accumulate, defineKernel, read, write } from '../../plan/kernelSpec'
import type { Plan } from '../../plan/plan'
import { rowsAndColumns, type Tensor } from '../../plan/tensor'
import { elementWidthOf, forElementWidths } from '../elementWidth'
import { rowConstants, rowSource, rowWorkgroups } from '../rowTiling'
import backwardWgsl from './backward.wgsl?raw'
import forwardWgsl from './forward.wgsl?raw'
import { layerNormBackwardOnnx, layerNormOnnx } from './layerNorm.onnx'
import { layerNormBackwardReference, layerNormForwardReference } from './layerNorm.reference'

type ForwardShape = { rows: number; columns: number; epsilon: number }
type BackwardShape = { rows: number; columns: number; accumulate: number }

const elements = ({ rows, columns }: { rows: number; columns: number }) => rows * columns
const oneRow = ({ columns }: { columns: number }) => columns
const twoPerRow = ({ rows }: { rows: number }) => 2 * rows

export const layerNormForward = forElementWidths((width, variant) =>
  defineKernel({
    name: `layerNorm/forward/${variant}`,
    source: [...rowSource(width), forwardWgsl],
    bindings: {
      x: read('f32', elements),
      weight: read('f32', oneRow),
      bias: read('f32', oneRow),
      y: write('f32', elements),
      statistics: write('f32', twoPerRow),
    },
    constants: (shape: ForwardShape) => ({ ...rowConstants(shape), EPSILON: shape.epsilon }),
    workgroups: (shape) => rowWorkgroups(shape),
    reference: layerNormForwardReference,
    onnx: layerNormOnnx,
    cost: ({ rows, columns }) => ({
      flops: 8 * rows * columns,
      bytes: 4 * (2 * rows * columns + 2 * columns + 2 * rows),
    }),
  }),
)

export const layerNormBackward = forElementWidths((width, variant) =>
  defineKernel({
    name: `layerNorm/backward/${variant}`,
    source: [...rowSource(width), backwardWgsl],
    bindings: {
      x: read('f32', elements),
      weight: read('f32', oneRow),
      statistics: read('f32', twoPerRow),
      dy: read('f32', elements),
      dx: accumulate('f32', elements),
    },
    constants: (shape: BackwardShape) => ({ ...rowConstants(shape), ACCUMULATE: shape.accumulate }),
    workgroups: (shape) => rowWorkgroups(shape),
    reference: layerNormBackwardReference,
    onnx: layerNormBackwardOnnx,
    cost: ({ rows, columns }) => ({ flops: 12 * rows * columns, bytes: 4 * (3 * rows * columns + columns + 2 * rows) }),
  }),
)

export interface LayerNormOptions {
  readonly bias: Tensor
  readonly epsilon: number
}

/** (x - mean) / std * weight + bias over the last axis. x: [..., C]. weight, bias: [C], frozen. Returns [..., C]. */
export function layerNorm(plan: Plan, x: Tensor, weight: Tensor, { bias, epsilon }: LayerNormOptions): Tensor {
  const { rows, columns } = rowsAndColumns(x)
  const width = elementWidthOf(columns)
  const y = plan.activation(`${weight.name} out`, x.shape, { needsGradient: x.needsGradient })
  const statistics = plan.activation(`${weight.name} statistics`, [rows, 2])
  plan.run(layerNormForward[width], { rows, columns, epsilon }, { x, weight, bias, y, statistics })
  plan.onBackward(y, (dy) => {
    const target = plan.gradient(x)
    const shape = { rows, columns, accumulate: target.accumulate }
    plan.run(layerNormBackward[width], shape, { x, weight, statistics, dy, dx: target.tensor })
  })
  return y
}
