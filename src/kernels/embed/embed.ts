// Rows of the embedding table, by token id. The table is frozen: there is no backward.
import { defineKernel, gridOf, read, write } from '../../plan/kernelSpec'
import type { Plan } from '../../plan/plan'
import { elementCount, rowsAndColumns, type Tensor } from '../../plan/tensor'
import { embedReference } from './embed.reference'
import forwardWgsl from './forward.wgsl?raw'

type EmbedShape = { rows: number; columns: number; vocabulary: number }

export const embedForward = defineKernel({
  name: 'embed/forward',
  source: [forwardWgsl],
  bindings: {
    tokens: read('u32', ({ rows }: EmbedShape) => rows),
    table: read('f32', ({ vocabulary, columns }: EmbedShape) => vocabulary * columns),
    y: write('f32', ({ rows, columns }: EmbedShape) => rows * columns),
  },
  constants: ({ rows, columns, vocabulary }: EmbedShape) => ({ ROWS: rows, COLUMNS: columns, VOCABULARY: vocabulary }),
  workgroups: ({ rows, columns }) => gridOf(Math.ceil((rows * columns) / 64)),
  reference: embedReference,
  cost: ({ rows, columns }) => ({ flops: 0, bytes: 4 * (rows + 2 * rows * columns) }),
})

/** Looks tokens up. tokens: u32 [B, T]. table: [V, C], frozen. Returns [B, T, C]. Ids beyond V read the last row. */
export function embed(plan: Plan, tokens: Tensor, table: Tensor): Tensor {
  const { rows: vocabulary, columns } = rowsAndColumns(table)
  const y = plan.activation(`${table.name} out`, [...tokens.shape, columns])
  plan.run(embedForward, { rows: elementCount(tokens), columns, vocabulary }, { tokens, table, y })
  return y
}
