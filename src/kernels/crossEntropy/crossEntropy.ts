// The kernels of the loss: headLoss.ts puts them together.
import { defineKernel, gridOf, read, update, write } from '../../plan/kernelSpec'
import { COUNTER_COUNT, RING_FIELDS, RING_ROWS, SCALAR_COUNT } from '../runInputs'
import runInputsWgsl from '../snippets/run_inputs.wgsl?raw'
import workgroupSum from '../snippets/workgroup_sum.wgsl?raw'
import { crossEntropyForwardOnnx, crossEntropyGradientOnnx, sumLossOnnx } from './crossEntropy.onnx'
import {
  crossEntropyForwardReference,
  crossEntropyGradientReference,
  sumLossReference,
  type CrossEntropyShape,
} from './crossEntropy.reference'
import forwardWgsl from './forward.wgsl?raw'
import gradientWgsl from './gradient.wgsl?raw'
import rowLogSumExpWgsl from './rowLogSumExp.wgsl?raw'
import sumLossWgsl from './sumLoss.wgsl?raw'

/** The label of a row that has none: padding, or a prompt that is not to be learned. */
export const IGNORED_LABEL = 0xffffffff

const elements = ({ rows, columns }: CrossEntropyShape) => rows * columns
const perRow = ({ rows }: { rows: number }) => rows

/**
 * A workgroup to a row. Long rows are few at a time, as the logits budget allows: more lanes keep the GPU busy. Short
 * rows are many, and every lane costs a software adapter.
 */
const rowConstants = ({ rows, columns }: CrossEntropyShape) => ({
  ROWS: rows,
  COLUMNS: columns,
  WORKGROUP_SIZE: columns < 1024 ? 16 : columns < 16_384 ? 64 : 256,
})

export const crossEntropyForward = defineKernel({
  name: 'crossEntropy/forward',
  source: [rowLogSumExpWgsl, forwardWgsl],
  bindings: {
    logits: read('f32', elements),
    labels: read('u32', perRow),
    rowLoss: write('f32', perRow),
  },
  constants: rowConstants,
  workgroups: ({ rows }) => gridOf(rows),
  reference: crossEntropyForwardReference,
  onnx: crossEntropyForwardOnnx,
  cost: ({ rows, columns }) => ({ flops: 4 * rows * columns, bytes: 4 * (rows * columns + 2 * rows) }),
})

export const crossEntropyGradient = defineKernel({
  name: 'crossEntropy/gradient',
  source: [runInputsWgsl, rowLogSumExpWgsl, gradientWgsl],
  bindings: {
    logits: update('f32', elements),
    labels: read('u32', perRow),
    scalars: read('f32', () => SCALAR_COUNT),
    rowLoss: write('f32', perRow),
  },
  constants: rowConstants,
  workgroups: ({ rows }) => gridOf(rows),
  reference: crossEntropyGradientReference,
  onnx: crossEntropyGradientOnnx,
  cost: ({ rows, columns }) => ({ flops: 8 * rows * columns, bytes: 4 * (2 * rows * columns + 2 * rows) }),
})

export const sumLoss = defineKernel({
  name: 'crossEntropy/sumLoss',
  source: [runInputsWgsl, workgroupSum, sumLossWgsl],
  bindings: {
    rowLoss: read('f32', perRow),
    scalars: read('f32', () => SCALAR_COUNT),
    counters: read('u32', () => COUNTER_COUNT),
    metrics: update('f32', () => RING_ROWS * RING_FIELDS),
  },
  constants: ({ rows }: { rows: number }) => ({ ROWS: rows }),
  workgroups: () => [1, 1, 1],
  reference: sumLossReference,
  onnx: sumLossOnnx,
  cost: ({ rows }) => ({ flops: rows, bytes: 4 * rows }),
})
