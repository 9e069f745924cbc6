// Activations in int8 with a float scale for each block of 32, so that a linear layer multiplies integers.
import { assert } from '../../base/assert'
import { defineKernel, gridOf, read, write } from '../../plan/kernelSpec'
import type { Plan } from '../../plan/plan'
import { rowsAndColumns, type Tensor } from '../../plan/tensor'
import forwardWgsl from './forward.wgsl?raw'
import { quantizeRowsReference, type QuantizeRowsShape } from './quantizeRows.reference'

/** What `quantizeRows` makes of x [..., C]. */
export interface QuantizedRows {
  /** i8 [rows, C] */
  readonly values: Tensor
  /** [rows, C / 32] */
  readonly scales: Tensor
}

/** Columns that share a scale: a block of the weight's, or the whole row ("per token"). */
export type ActivationGroup = 'block' | 'row'

export const quantizeRowsForward = defineKernel({
  name: 'quantizeRows/forward',
  source: [forwardWgsl],
  bindings: {
    x: read('f32', ({ rows, columns }: QuantizeRowsShape) => rows * columns),
    values: write('i8', ({ rows, columns }: QuantizeRowsShape) => rows * columns),
    scales: write('f32', ({ rows, columns }: QuantizeRowsShape) => (rows * columns) / 32),
  },
  constants: ({ rows, columns, groupBlocks }: QuantizeRowsShape) => ({
    ROWS: rows,
    COLUMNS: columns,
    GROUP_BLOCKS: groupBlocks,
  }),
  workgroups: ({ rows, columns, groupBlocks }) => gridOf(Math.ceil((rows * columns) / (32 * groupBlocks * 64))),
  reference: quantizeRowsReference,
  cost: ({ rows, columns }) => ({ flops: 4 * rows * columns, bytes: rows * columns * (4 + 1 + 4 / 32) }),
})

/** x: [..., C], C a multiple of 32. No gradients: rounding has none. */
export function quantizeRows(plan: Plan, x: Tensor, group: ActivationGroup = 'block'): QuantizedRows {
  const { rows, columns } = rowsAndColumns(x)
  assert(columns % 32 === 0, `${x.name} has ${columns} columns, not a multiple of 32`)
  const values = plan.activation(`${x.name} int8`, [rows, columns], { dtype: 'i8' })
  const scales = plan.activation(`${x.name} scales`, [rows, columns / 32])
  plan.run(
    quantizeRowsForward,
    { rows, columns, groupBlocks: group === 'block' ? 1 : columns / 32 },
    { x, values, scales },
  )
  return { values, scales }
}
