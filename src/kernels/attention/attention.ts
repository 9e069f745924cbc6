// Causal self-attention with grouped heads, over whole sequences, each of which may hold several texts.
//
// A row's position says where it stands in its own text: it sees as many rows before it, and no other text.
// The forward pass keeps one number per head row, the log-sum-exp of its scores; the backward pass makes
// the probabilities again from it. Memory grows with T, never with T x T.
import { assert } from '../../base/assert'
import { accumulate, defineKernel, gridOf, read, write } from '../../plan/kernelSpec'
import type { Plan } from '../../plan/plan'
import { elementCount, type Tensor } from '../../plan/tensor'
import { recordIntoGradients } from '../residual/addTo'
import attendWgsl from './attend.wgsl?raw'
import {
  attentionBackwardKeyValueOnnx,
  attentionBackwardQueryOnnx,
  attentionForwardOnnx,
  attentionStatisticsOnnx,
} from './attention.onnx'
import {
  attentionBackwardKeyValueReference,
  attentionBackwardQueryReference,
  attentionForwardReference,
  attentionStatisticsReference,
  type AttentionBackwardShape,
  type AttentionShape,
  type StatisticsShape,
} from './attention.reference'
import backwardKeyValueWgsl from './backwardKeyValue.wgsl?raw'
import backwardQueryWgsl from './backwardQuery.wgsl?raw'
import forwardWgsl from './forward.wgsl?raw'
import statisticsWgsl from './statistics.wgsl?raw'
import { packSource, packWidthOf, tilingOf, type PackWidth } from './tiling'

const queryElements = (shape: StatisticsShape) => shape.batch * shape.tokens * shape.heads * shape.headWidth
const keyElements = (shape: AttentionShape) => shape.batch * shape.tokens * shape.keyValueHeads * shape.headWidth
const headRows = (shape: StatisticsShape) => shape.batch * shape.heads * shape.tokens
const twoPerHeadRow = (shape: StatisticsShape) => 2 * headRows(shape)
const rows = ({ batch, tokens }: StatisticsShape) => batch * tokens
/** Multiply-adds of one product of all queries with the keys they see. */
const products = (shape: AttentionShape) => (headRows(shape) * (shape.tokens + 1) * shape.headWidth) / 2

export const attentionForward = forPackWidths((packWidth) =>
  defineKernel({
    name: `attention/forward/pack${packWidth}`,
    source: [packSource[packWidth], attendWgsl, forwardWgsl],
    bindings: {
      q: read('f32', queryElements),
      k: read('f32', keyElements),
      v: read('f32', keyElements),
      positions: read('u32', rows),
      output: write('f32', queryElements),
      logSumExp: write('f32', headRows),
    },
    constants: (shape: AttentionShape) => ({
      ...tilingOf(shape, packWidth).constants,
      BATCH: shape.batch,
      QUERIES: shape.tokens,
      KEYS: shape.tokens,
    }),
    workgroups: (shape) =>
      gridOf(Math.ceil(shape.tokens / tilingOf(shape, packWidth).rowsPerTile) * shape.batch * shape.heads),
    reference: attentionForwardReference,
    onnx: attentionForwardOnnx,
    cost: (shape) => ({
      flops: 4 * products(shape),
      bytes: 4 * (2 * queryElements(shape) + 2 * keyElements(shape) + headRows(shape)),
    }),
  }),
)

export const attentionStatistics = forPackWidths((packWidth) =>
  defineKernel({
    name: `attention/statistics/pack${packWidth}`,
    source: [packSource[packWidth], statisticsWgsl],
    bindings: {
      output: read('f32', queryElements),
      dOutput: read('f32', queryElements),
      logSumExp: read('f32', headRows),
      statistics: write('f32', twoPerHeadRow),
    },
    constants: ({ batch, tokens, heads, headWidth }: StatisticsShape) => ({
      BATCH: batch,
      TOKENS: tokens,
      HEADS: heads,
      PACKS: headWidth / packWidth,
    }),
    workgroups: (shape) => gridOf(Math.ceil(headRows(shape) / 64)),
    reference: attentionStatisticsReference,
    onnx: attentionStatisticsOnnx,
    cost: (shape) => ({ flops: 2 * queryElements(shape), bytes: 4 * (2 * queryElements(shape) + 3 * headRows(shape)) }),
  }),
)

const backwardInputs = {
  q: read('f32', queryElements),
  k: read('f32', keyElements),
  v: read('f32', keyElements),
  dOutput: read('f32', queryElements),
  positions: read('u32', rows),
  statistics: read('f32', twoPerHeadRow),
}

const backwardConstants = (shape: AttentionBackwardShape, packWidth: PackWidth) => ({
  ...tilingOf(shape, packWidth).constants,
  BATCH: shape.batch,
  TOKENS: shape.tokens,
  ACCUMULATE: shape.accumulate,
})

export const attentionBackwardQuery = forPackWidths((packWidth) =>
  defineKernel({
    name: `attention/backwardQuery/pack${packWidth}`,
    source: [packSource[packWidth], backwardQueryWgsl],
    bindings: { ...backwardInputs, dq: accumulate('f32', queryElements) },
    constants: (shape: AttentionBackwardShape) => backwardConstants(shape, packWidth),
    workgroups: (shape) =>
      gridOf(Math.ceil(shape.tokens / tilingOf(shape, packWidth).rowsPerTile) * shape.batch * shape.heads),
    reference: attentionBackwardQueryReference,
    onnx: attentionBackwardQueryOnnx,
    cost: (shape) => ({
      flops: 6 * products(shape),
      bytes: 4 * (3 * queryElements(shape) + 2 * keyElements(shape) + 2 * headRows(shape)),
    }),
  }),
)

export const attentionBackwardKeyValue = forPackWidths((packWidth) =>
  defineKernel({
    name: `attention/backwardKeyValue/pack${packWidth}`,
    source: [packSource[packWidth], backwardKeyValueWgsl],
    bindings: { ...backwardInputs, dk: accumulate('f32', keyElements), dv: accumulate('f32', keyElements) },
    constants: (shape: AttentionBackwardShape) => backwardConstants(shape, packWidth),
    workgroups: (shape) =>
      gridOf(Math.ceil(shape.tokens / tilingOf(shape, packWidth).rowsPerTile) * shape.batch * shape.keyValueHeads),
    reference: attentionBackwardKeyValueReference,
    onnx: attentionBackwardKeyValueOnnx,
    cost: (shape) => ({
      flops: 8 * products(shape),
      bytes: 4 * (2 * queryElements(shape) + 4 * keyElements(shape) + 2 * headRows(shape)),
    }),
  }),
)

export interface AttentionOptions {
  /** u32 [B * T]: 0 where a text begins, then one more from row to row. */
  readonly positions: Tensor
  readonly batch: number
  readonly tokens: number
  readonly heads: number
  readonly keyValueHeads: number
  /** Even; up to 256 when four divides it, else up to 128. */
  readonly headWidth: number
}

/**
 * Every token attends to itself and the tokens before it in its text. q: [B, T, H * D]. k, v:
 * [B, T, K * D]; head h reads key/value head floor(h / (H / K)). Returns [B, T, H * D].
 */
export function attention(plan: Plan, q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions): Tensor {
  const { positions, batch, tokens, heads, keyValueHeads, headWidth } = options
  const shape = { batch, tokens, heads, keyValueHeads, headWidth }
  assert(elementCount(v) === elementCount(k), `attention: ${v.name} does not fit ${k.name}`)
  const packWidth = packWidthOf(headWidth)
  const needsGradient = q.needsGradient || k.needsGradient || v.needsGradient
  const output = plan.activation(`attention(${q.name})`, q.shape, { needsGradient })
  const logSumExp = plan.activation(`attention(${q.name}) log-sum-exp`, [batch, heads, tokens])
  plan.run(attentionForward[packWidth], shape, { q, k, v, positions, output, logSumExp })
  plan.onBackward(output, (dOutput) => {
    const statistics = plan.activation(`attention(${q.name}) statistics`, [batch, heads, tokens, 2])
    const rowShape = { batch, tokens, heads, headWidth }
    plan.run(attentionStatistics[packWidth], rowShape, { output, dOutput, logSumExp, statistics })
    const inputs = { q, k, v, dOutput, positions, statistics }
    if (q.needsGradient) {
      const dq = plan.gradient(q)
      const queryShape = { ...shape, accumulate: dq.accumulate }
      plan.run(attentionBackwardQuery[packWidth], queryShape, { ...inputs, dq: dq.tensor })
    }
    if (k.needsGradient || v.needsGradient) {
      recordIntoGradients(plan, [k, v], ([dk, dv], accumulate) => {
        plan.run(attentionBackwardKeyValue[packWidth], { ...shape, accumulate }, { ...inputs, dk, dv })
      })
    }
  })
  return output
}

function forPackWidths<T>(make: (packWidth: PackWidth) => T): Readonly<Record<PackWidth, T>> {
  return { 2: make(2), 4: make(4) }
}
