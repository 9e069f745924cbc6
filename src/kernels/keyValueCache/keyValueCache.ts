// The keys and values of the tokens so far, so that a new token costs one row of work. Inference only.
import { assert } from '../../base/assert'
import { defineKernel, gridOf, read, update } from '../../plan/kernelSpec'
import type { Plan } from '../../plan/plan'
import { rowsAndColumns, type Tensor } from '../../plan/tensor'
import { COUNTER_COUNT, type RunInputs } from '../runInputs'
import runInputsWgsl from '../snippets/run_inputs.wgsl?raw'
import appendWgsl from './append.wgsl?raw'
import { appendOnnx } from './keyValueCache.onnx'
import { appendReference } from './keyValueCache.reference'

type AppendShape = { rows: number; columns: number; capacity: number }

export const keyValueCacheAppend = defineKernel({
  name: 'keyValueCache/append',
  source: [runInputsWgsl, appendWgsl],
  bindings: {
    rows: read('f32', ({ rows, columns }: AppendShape) => rows * columns),
    counters: read('u32', () => COUNTER_COUNT),
    cache: update('f32', ({ columns, capacity }: AppendShape) => capacity * columns),
  },
  constants: ({ rows, columns, capacity }: AppendShape) => ({ ROWS: rows, COLUMNS: columns, CAPACITY: capacity }),
  workgroups: ({ rows, columns }) => gridOf(Math.ceil((rows * columns) / 64)),
  reference: appendReference,
  onnx: appendOnnx,
  cost: ({ rows, columns }) => ({ flops: 0, bytes: 4 * 2 * rows * columns }),
})

/**
 * Writes `rows` ([M, C]) into `cache` ([capacity, C], persistent) from row counters[cachePosition] on. Rows
 * beyond the capacity are dropped: the host stops before.
 */
export function appendToCache(plan: Plan, rows: Tensor, cache: Tensor, { counters }: RunInputs): void {
  const { rows: count, columns } = rowsAndColumns(rows)
  const { rows: capacity, columns: cacheColumns } = rowsAndColumns(cache)
  assert(columns === cacheColumns, `${rows.name} has ${columns} columns, ${cache.name} ${cacheColumns}`)
  plan.run(keyValueCacheAppend, { rows: count, columns, capacity }, { rows, counters, cache })
}
