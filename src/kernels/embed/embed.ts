// Rows of the embedding table, by token id.
import { assert } from '../../base/assert'
import { accumulate, defineKernel, gridOf, read, update } from '../../plan/kernelSpec'
import type { Plan } from '../../plan/plan'
import { matrixOf, type LinearWeight } from '../linear/linear'
import { elementCount, rowsAndColumns, type Tensor } from '../../plan/tensor'
import backwardWgsl from './backward.wgsl?raw'
import { embedBackwardOnnx, embedInt8Onnx, embedOnnx } from './embed.onnx'
import {
  embedBackwardReference,
  embedFloat16Reference,
  embedInt8Reference,
  embedReference,
  type EmbedBackwardShape,
  type EmbedShape,
} from './embed.reference'
import forwardWgsl from './forward.wgsl?raw'
import forwardFloat16Wgsl from './forwardFloat16.wgsl?raw'
import forwardInt8Wgsl from './forwardInt8.wgsl?raw'

const constants = ({ rows, columns, vocabulary, first, count }: EmbedShape) => ({
  ROWS: rows,
  COLUMNS: columns,
  VOCABULARY: vocabulary,
  FIRST: first,
  COUNT: count,
})

export const embedForward = defineKernel({
  name: 'embed/forward',
  source: [forwardWgsl],
  bindings: {
    tokens: read('u32', ({ rows }: EmbedShape) => rows),
    table: read('f32', ({ count, columns }: EmbedShape) => count * columns),
    y: accumulate('f32', ({ rows, columns }: EmbedShape) => rows * columns),
  },
  constants,
  workgroups: ({ rows, columns }) => gridOf(Math.ceil((rows * columns) / 64)),
  reference: embedReference,
  onnx: embedOnnx,
  cost: ({ rows, columns }) => ({ flops: 0, bytes: 4 * (rows + 2 * rows * columns) }),
})

export const embedForwardFloat16 = defineKernel({
  name: 'embed/forwardFloat16',
  source: [forwardFloat16Wgsl],
  bindings: {
    tokens: read('u32', ({ rows }: EmbedShape) => rows),
    table: read('f16', ({ count, columns }: EmbedShape) => count * columns),
    y: accumulate('f32', ({ rows, columns }: EmbedShape) => rows * columns),
  },
  constants,
  workgroups: ({ rows, columns }) => gridOf(Math.ceil((rows * columns) / 256)),
  reference: embedFloat16Reference,
  onnx: embedOnnx,
  cost: ({ rows, columns }) => ({ flops: 0, bytes: 4 * rows + (4 + 2) * rows * columns }),
})

export const embedForwardInt8 = defineKernel({
  name: 'embed/forwardInt8',
  source: [forwardInt8Wgsl],
  bindings: {
    tokens: read('u32', ({ rows }: EmbedShape) => rows),
    values: read('i8', ({ count, columns }: EmbedShape) => count * columns),
    scales: read('f16', ({ count, columns }: EmbedShape) => (count * columns) / 32),
    y: accumulate('f32', ({ rows, columns }: EmbedShape) => rows * columns),
  },
  constants,
  workgroups: ({ rows, columns }) => gridOf(Math.ceil((rows * columns) / 256)),
  reference: embedInt8Reference,
  onnx: embedInt8Onnx,
  cost: ({ rows, columns }) => ({ flops: rows * columns, bytes: 4 * rows + (4 + 1 + 1 / 16) * rows * columns }),
})

export const embedBackward = defineKernel({
  name: 'embed/backward',
  source: [backwardWgsl],
  bindings: {
    tokens: read('u32', ({ rows }: EmbedBackwardShape) => rows),
    dy: read('f32', ({ rows, columns }: EmbedBackwardShape) => rows * columns),
    dtable: update('f32', ({ vocabulary, columns }: EmbedBackwardShape) => vocabulary * columns),
  },
  constants: ({ rows, columns, vocabulary }: EmbedBackwardShape) => ({
    ROWS: rows,
    COLUMNS: columns,
    VOCABULARY: vocabulary,
  }),
  workgroups: ({ columns }) => [Math.ceil(columns / 64), 1, 1],
  reference: embedBackwardReference,
  onnx: embedBackwardOnnx,
  cost: ({ rows, columns }) => ({ flops: rows * columns, bytes: 4 * (rows + 3 * rows * columns) }),
})

/**
 * Looks tokens up. tokens: u32 [B, T]. table: [V, C], in parts by its rows; trained where it needs a gradient and is
 * one part in float32. Returns [B, T, C]. Ids beyond V read the last row.
 */
export function embed(plan: Plan, tokens: Tensor, table: readonly LinearWeight[]): Tensor {
  const parts = table.map((part) => ({ part, ...rowsAndColumns(matrixOf(part)) }))
  const vocabulary = parts.reduce((sum, { rows }) => sum + rows, 0)
  const columns = parts[0]?.columns ?? 0
  const [only] = table
  const whole = only?.kind === 'float32' ? only.weight : null
  const needsGradient = whole?.needsGradient ?? false
  assert(!needsGradient || table.length === 1, 'a table in parts is not trained')
  const y = plan.activation('embedded', [...tokens.shape, columns], { needsGradient })
  let first = 0
  for (const { part, rows: count } of parts) {
    const shape = { rows: elementCount(tokens), columns, vocabulary, first, count, accumulate: first > 0 ? 1 : 0 }
    if (part.kind === 'int8') plan.run(embedForwardInt8, shape, { tokens, values: part.values, scales: part.scales, y })
    else {
      plan.run(part.kind === 'float16' ? embedForwardFloat16 : embedForward, shape, { tokens, table: part.weight, y })
    }
    first += count
  }
  plan.onBackward(y, (dy) => {
    if (!whole) return
    const { tensor: dtable, accumulate: adds } = plan.gradient(whole)
    assert(adds === 1, `the gradient of ${whole.name} is added up, from zero`)
    plan.run(embedBackward, { rows: elementCount(tokens), columns, vocabulary }, { tokens, dy, dtable })
  })
  return y
}
