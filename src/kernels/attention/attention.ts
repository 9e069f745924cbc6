// Causal self-attention with grouped heads, over whole sequences, each of which may hold several texts.
//
// A row's position says where it stands in its own text: it sees as many rows before it, and no other text.
// The forward pass keeps the log-sum-exp of the scores of each head row; the backward pass makes the probabilities again
// from it. Memory grows with T, never with T x T.
import { assert } from '../../base/assert'
import { accumulate, defineKernel, gridOf, read, update, write } from '../../plan/kernelSpec'
import type { Plan } from '../../plan/plan'
import { elementCount, type Tensor } from '../../plan/tensor'
import { recordIntoGradients } from '../residual/addTo'
import attendWgsl from './attend.wgsl?raw'
import { attentionBackwardKeyValueOnnx, attentionBackwardQueryOnnx, attentionForwardOnnx } from './attention.onnx'
import {
  attentionBackwardKeyValueReference,
  attentionBackwardQueryReference,
  attentionForwardReference,
  type AttentionBackwardShape,
  type AttentionShape,
} from './attention.reference'
import backwardKeyValueWgsl from './backwardKeyValue.wgsl?raw'
import backwardQueryWgsl from './backwardQuery.wgsl?raw'
import forwardWgsl from './forward.wgsl?raw'
import { packSource, packWidthOf, tilingOf, type PackWidth } from './tiling'

const queryElements = (shape: AttentionShape) => shape.batch * shape.tokens * shape.heads * shape.headWidth
const keyElements = (shape: AttentionShape) => shape.batch * shape.tokens * shape.keyValueHeads * shape.headWidth
const headRows = (shape: AttentionShape) => shape.batch * shape.heads * shape.tokens
const twoPerHeadRow = (shape: AttentionShape) => 2 * headRows(shape)
const rows = ({ batch, tokens }: AttentionShape) => batch * tokens
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
      statistics: write('f32', twoPerHeadRow),
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
      bytes: 4 * (2 * queryElements(shape) + 2 * keyElements(shape) + twoPerHeadRow(shape)),
    }),
  }),
)

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
    bindings: {
      q: read('f32', queryElements),
      k: read('f32', keyElements),
      v: read('f32', keyElements),
      output: read('f32', queryElements),
      dOutput: read('f32', queryElements),
      positions: read('u32', rows),
      statistics: update('f32', twoPerHeadRow),
      dq: accumulate('f32', queryElements),
    },
    constants: (shape: AttentionBackwardShape) => backwardConstants(shape, packWidth),
    workgroups: (shape) =>
      gridOf(Math.ceil(shape.tokens / tilingOf(shape, packWidth).rowsPerTile) * shape.batch * shape.heads),
    reference: attentionBackwardQueryReference,
    onnx: attentionBackwardQueryOnnx,
    cost: (shape) => ({
      flops: 6 * products(shape) + 2 * queryElements(shape),
      bytes: 4 * (4 * queryElements(shape) + 2 * keyElements(shape) + twoPerHeadRow(shape)),
    }),
  }),
)

export const attentionBackwardKeyValue = forPackWidths((packWidth) =>
  defineKernel({
    name: `attention/backwardKeyValue/pack${packWidth}`,
    source: [packSource[packWidth], backwardKeyValueWgsl],
    bindings: {
      q: read('f32', queryElements),
      k: read('f32', keyElements),
      v: read('f32', keyElements),
      dOutput: read('f32', queryElements),
      positions: read('u32', rows),
      statistics: read('f32', twoPerHeadRow),
      dk: accumulate('f32', keyElements),
      dv: accumulate('f32', keyElements),
    },
    constants: (shape: AttentionBackwardShape) => backwardConstants(shape, packWidth),
    workgroups: (shape) =>
      gridOf(Math.ceil(shape.tokens / tilingOf(shape, packWidth).rowsPerTile) * shape.batch * shape.keyValueHeads),
    reference: attentionBackwardKeyValueReference,
    onnx: attentionBackwardKeyValueOnnx,
    cost: (shape) => ({
      flops: 8 * products(shape),
      bytes: 4 * (2 * queryElements(shape) + 4 * keyElements(shape) + twoPerHeadRow(shape)),
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
  const statistics = plan.activation(`attention(${q.name}) statistics`, [batch, heads, tokens, 2])
  plan.run(attentionForward[packWidth], shape, { q, k, v, positions, output, statistics })
  plan.onBackward(output, (dOutput) => {
    // Also where no query is trained: the keys' and values' step reads the statistics that this one completes.
    const dq = plan.gradient(q)
    const queryInputs = { q, k, v, output, dOutput, positions, statistics, dq: dq.tensor }
    plan.run(attentionBackwardQuery[packWidth], { ...shape, accumulate: dq.accumulate }, queryInputs)
    const inputs = { q, k, v, dOutput, positions, statistics }
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
