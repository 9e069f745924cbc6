// RMSNorm over the last axis or over each head.
import { assert } from '../../base/assert'
import { accumulate, defineKernel, read, write } from '../../plan/kernelSpec'
import type { Plan } from '../../plan/plan'
import { elementCount, type Tensor } from '../../plan/tensor'
import { elementWidthOf, forElementWidths } from '../elementWidth'
import { rowConstants, rowSource, rowWorkgroups } from '../rowTiling'
import backwardWgsl from './backward.wgsl?raw'
import forwardWgsl from './forward.wgsl?raw'
import { rmsNormBackwardOnnx, rmsNormOnnx, rmsNormWeightGradientOnnx } from './rmsNorm.onnx'
import { rmsNormBackwardReference, rmsNormForwardReference, rmsNormWeightGradientReference } from './rmsNorm.reference'
import weightGradientWgsl from './weightGradient.wgsl?raw'

type ForwardShape = { rows: number; columns: number; epsilon: number }
type BackwardShape = { rows: number; columns: number; accumulate: number }

const elements = ({ rows, columns }: { rows: number; columns: number }) => rows * columns

export const rmsNormForward = forElementWidths((width, variant) =>
  defineKernel({
    name: `rmsNorm/forward/${variant}`,
    source: [...rowSource(width), forwardWgsl],
    bindings: {
      x: read('f32', elements),
      weight: read('f32', ({ columns }: ForwardShape) => columns),
      y: write('f32', elements),
      invRms: write('f32', ({ rows }: ForwardShape) => rows),
    },
    constants: (shape: ForwardShape) => ({ ...rowConstants(shape), EPSILON: shape.epsilon }),
    workgroups: (shape) => rowWorkgroups(shape),
    reference: rmsNormForwardReference,
    onnx: rmsNormOnnx,
    cost: ({ rows, columns }) => ({ flops: 4 * rows * columns, bytes: 4 * (2 * rows * columns + columns + rows) }),
  }),
)

export const rmsNormBackward = forElementWidths((width, variant) =>
  defineKernel({
    name: `rmsNorm/backward/${variant}`,
    source: [...rowSource(width), backwardWgsl],
    bindings: {
      x: read('f32', elements),
      weight: read('f32', ({ columns }: BackwardShape) => columns),
      invRms: read('f32', ({ rows }: BackwardShape) => rows),
      dy: read('f32', elements),
      dx: accumulate('f32', elements),
    },
    constants: (shape: BackwardShape) => ({ ...rowConstants(shape), ACCUMULATE: shape.accumulate }),
    workgroups: (shape) => rowWorkgroups(shape),
    reference: rmsNormBackwardReference,
    onnx: rmsNormBackwardOnnx,
    cost: ({ rows, columns }) => ({ flops: 8 * rows * columns, bytes: 4 * (3 * rows * columns + columns + rows) }),
  }),
)

export const rmsNormWeightGradient = defineKernel({
  name: 'rmsNorm/weightGradient',
  source: [weightGradientWgsl],
  bindings: {
    x: read('f32', ({ rows, columns }: BackwardShape) => rows * columns),
    invRms: read('f32', ({ rows }: BackwardShape) => rows),
    dy: read('f32', ({ rows, columns }: BackwardShape) => rows * columns),
    dw: accumulate('f32', ({ columns }: BackwardShape) => columns),
  },
  constants: ({ rows, columns, accumulate: adds }: BackwardShape) => ({
    ROWS: rows,
    COLUMNS: columns,
    ACCUMULATE: adds,
  }),
  workgroups: ({ columns }) => [Math.ceil(columns / 64), 1, 1],
  reference: rmsNormWeightGradientReference,
  onnx: rmsNormWeightGradientOnnx,
  cost: ({ rows, columns }) => ({ flops: 3 * rows * columns, bytes: 4 * (2 * rows * columns + columns + rows) }),
})

/**
 * x / rms(x) * weight over each C values of the last axis. x: [..., G * C]. weight: [C]. Returns the
 * shape of x.
 */
export function rmsNorm(plan: Plan, x: Tensor, weight: Tensor, { epsilon }: { epsilon: number }): Tensor {
  const columns = elementCount(weight)
  assert((x.shape.at(-1) ?? 1) % columns === 0, `${x.name} is no whole number of ${weight.name}`)
  const rows = elementCount(x) / columns
  const width = elementWidthOf(columns)
  const y = plan.activation(`${weight.name} out`, x.shape, { needsGradient: x.needsGradient || weight.needsGradient })
  const invRms = plan.activation(`${weight.name} inverse rms`, [rows])
  plan.run(rmsNormForward[width], { rows, columns, epsilon }, { x, weight, y, invRms })
  plan.onBackward(y, (dy) => {
    if (weight.needsGradient) {
      const { tensor: dw, accumulate: adds } = plan.gradient(weight)
      plan.run(rmsNormWeightGradient, { rows, columns, accumulate: adds }, { x, invRms, dy, dw })
    }
    if (!x.needsGradient) return
    const target = plan.gradient(x)
    const shape = { rows, columns, accumulate: target.accumulate }
    plan.run(rmsNormBackward[width], shape, { x, weight, invRms, dy, dx: target.tensor })
  })
  return y
}
