// Rows of the embedding table, by token id. The table is frozen: there is no backward.
import { accumulate, defineKernel, gridOf, read } from '../../plan/kernelSpec'
import type { Plan } from '../../plan/plan'
import { elementCount, rowsAndColumns, type Tensor } from '../../plan/tensor'
import { embedOnnx } from './embed.onnx'
import { embedReference, type EmbedShape } from './embed.reference'
import forwardWgsl from './forward.wgsl?raw'

export const embedForward = defineKernel({
  name: 'embed/forward',
  source: [forwardWgsl],
  bindings: {
    tokens: read('u32', ({ rows }: EmbedShape) => rows),
    table: read('f32', ({ count, columns }: EmbedShape) => count * columns),
    y: accumulate('f32', ({ rows, columns }: EmbedShape) => rows * columns),
  },
  constants: ({ rows, columns, vocabulary, first, count }: EmbedShape) => ({
    ROWS: rows,
    COLUMNS: columns,
    VOCABULARY: vocabulary,
    FIRST: first,
    COUNT: count,
  }),
  workgroups: ({ rows, columns }) => gridOf(Math.ceil((rows * columns) / 64)),
  reference: embedReference,
  onnx: embedOnnx,
  cost: ({ rows, columns }) => ({ flops: 0, bytes: 4 * (rows + 2 * rows * columns) }),
})

/**
 * Looks tokens up. tokens: u32 [B, T]. table: [V, C], frozen, in parts by its rows. Returns [B, T, C]. Ids beyond V
 * read the last row.
 */
export function embed(plan: Plan, tokens: Tensor, table: readonly Tensor[]): Tensor {
  const parts = table.map((part) => ({ part, ...rowsAndColumns(part) }))
  const vocabulary = parts.reduce((sum, { rows }) => sum + rows, 0)
  const columns = parts[0]?.columns ?? 0
  const y = plan.activation('embedded', [...tokens.shape, columns])
  let first = 0
  for (const { part, rows: count } of parts) {
    const shape = { rows: elementCount(tokens), columns, vocabulary, first, count, accumulate: first > 0 ? 1 : 0 }
    plan.run(embedForward, shape, { tokens, table: part, y })
    first += count
  }
  return y
}
