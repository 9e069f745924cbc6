// One row of a matrix, chosen while running. Inference only.
import { defineKernel, gridOf, read, write } from '../../plan/kernelSpec'
import type { Plan } from '../../plan/plan'
import { rowsAndColumns, type Tensor } from '../../plan/tensor'
import { COUNTER_COUNT, type RunInputs } from '../runInputs'
import runInputsWgsl from '../snippets/run_inputs.wgsl?raw'
import forwardWgsl from './forward.wgsl?raw'
import { selectRowOnnx } from './selectRow.onnx'
import { selectRowReference } from './selectRow.reference'

type Shape = { rows: number; columns: number }

export const selectRowForward = defineKernel({
  name: 'selectRow/forward',
  source: [runInputsWgsl, forwardWgsl],
  bindings: {
    x: read('f32', ({ rows, columns }: Shape) => rows * columns),
    counters: read('u32', () => COUNTER_COUNT),
    y: write('f32', ({ columns }: Shape) => columns),
  },
  constants: ({ rows, columns }: Shape) => ({ ROWS: rows, COLUMNS: columns }),
  workgroups: ({ columns }) => gridOf(Math.ceil(columns / 64)),
  reference: selectRowReference,
  onnx: selectRowOnnx,
  cost: ({ columns }) => ({ flops: 0, bytes: 8 * columns }),
})

/** Row counters[selectedRow] of x [..., M, C], as [1, C]. */
export function selectRow(plan: Plan, x: Tensor, { counters }: RunInputs): Tensor {
  const { rows, columns } = rowsAndColumns(x)
  const y = plan.activation(`row of ${x.name}`, [1, columns])
  plan.run(selectRowForward, { rows, columns }, { x, counters, y })
  return y
}
