// The keys and values of the tokens so far, so that a new token costs one row of work. Inference only.
import { assert } from '../../base/assert'
import { defineKernel, gridOf, read, update, write } from '../../plan/kernelSpec'
import type { Plan } from '../../plan/plan'
import { elementCount, rowsAndColumns, type Tensor } from '../../plan/tensor'
import { elementsSource, elementWidthOf, forElementWidths } from '../elementWidth'
import type { RopeOptions } from '../rope/rope'
import { COUNTER_COUNT, type RunInputs } from '../runInputs'
import runInputsWgsl from '../snippets/run_inputs.wgsl?raw'
import appendWgsl from './append.wgsl?raw'
import { appendOnnx, rotateAppendOnnx } from './keyValueCache.onnx'
import {
  appendReference,
  rotateAppendReference,
  type AppendShape,
  type RotateAppendShape,
} from './keyValueCache.reference'
import rotateAppendWgsl from './rotateAppend.wgsl?raw'

const newElements = ({ rows, columns }: AppendShape) => rows * columns
const cacheElements = ({ columns, capacity }: AppendShape) => capacity * columns

export const keyValueCacheAppend = defineKernel({
  name: 'keyValueCache/append',
  source: [runInputsWgsl, appendWgsl],
  bindings: {
    k: read('f32', newElements),
    v: read('f32', newElements),
    counters: read('u32', () => COUNTER_COUNT),
    keys: update('f32', cacheElements),
    values: update('f32', cacheElements),
  },
  constants: ({ rows, columns, capacity }: AppendShape) => ({ ROWS: rows, COLUMNS: columns, CAPACITY: capacity }),
  workgroups: (shape) => gridOf(Math.ceil(newElements(shape) / 64)),
  reference: appendReference,
  onnx: appendOnnx,
  cost: (shape) => ({ flops: 0, bytes: 4 * 4 * newElements(shape) }),
})

const queryElements = ({ rows, heads, headWidth }: RotateAppendShape) => rows * heads * headWidth
const keyElements = ({ rows, keyValueHeads, headWidth }: RotateAppendShape) => rows * keyValueHeads * headWidth
const cachedElements = (shape: RotateAppendShape) => shape.capacity * shape.keyValueHeads * shape.headWidth

export const keyValueCacheRotateAppend = forElementWidths((width, variant) =>
  defineKernel({
    name: `keyValueCache/rotateAppend/${variant}`,
    source: [elementsSource[width], rotateAppendWgsl],
    bindings: {
      q: read('f32', queryElements),
      k: read('f32', keyElements),
      v: read('f32', keyElements),
      positions: read('u32', ({ rows }: RotateAppendShape) => rows),
      table: read('f32', ({ maxPositions, headWidth }: RotateAppendShape) => maxPositions * headWidth),
      rotatedQ: write('f32', queryElements),
      keys: update('f32', cachedElements),
      values: update('f32', cachedElements),
    },
    constants: (shape: RotateAppendShape) => ({
      ROWS: shape.rows,
      HEADS: shape.heads,
      KEY_VALUE_HEADS: shape.keyValueHeads,
      HEAD_WIDTH: shape.headWidth,
      MAX_POSITIONS: shape.maxPositions,
      CAPACITY: shape.capacity,
    }),
    workgroups: (shape) => gridOf(Math.ceil((queryElements(shape) + keyElements(shape)) / 2 / width / 64)),
    reference: rotateAppendReference,
    onnx: rotateAppendOnnx,
    cost: (shape) => ({
      flops: 3 * (queryElements(shape) + keyElements(shape)),
      bytes: 4 * (2 * queryElements(shape) + 4 * keyElements(shape) + shape.rows * (1 + shape.headWidth)),
    }),
  }),
)

export interface CacheTensors {
  /** [capacity, K * D], persistent. */
  readonly keys: Tensor
  readonly values: Tensor
}

/**
 * Writes k and v ([M, K * D]) into a cache from row counters[cachePosition] on. Rows beyond the capacity are dropped: the
 * host stops before.
 */
export function appendToCache(
  plan: Plan,
  { k, v }: { k: Tensor; v: Tensor },
  { keys, values }: CacheTensors,
  { counters }: RunInputs,
): void {
  const shape = { ...rowsAndColumns(k), capacity: capacityOf(keys, k) }
  plan.run(keyValueCacheAppend, shape, { k, v, counters, keys, values })
}

/** The same with rotated keys, from row positions[0] on. Returns the rotated queries: [M, H * D]. */
export function rotateAndAppend(
  plan: Plan,
  { q, k, v }: { q: Tensor; k: Tensor; v: Tensor },
  { keys, values }: CacheTensors,
  { positions, table, heads, keyValueHeads, headWidth }: RopeOptions,
): Tensor {
  const maxPositions = elementCount(table) / headWidth
  const { rows } = rowsAndColumns(q)
  const shape = { rows, heads, keyValueHeads, headWidth, maxPositions, capacity: capacityOf(keys, k) }
  const rotatedQ = plan.activation(`${q.name} rotated`, q.shape)
  const kernel = keyValueCacheRotateAppend[elementWidthOf(headWidth / 2)]
  plan.run(kernel, shape, { q, k, v, positions, table, rotatedQ, keys, values })
  return rotatedQ
}

function capacityOf(cache: Tensor, added: Tensor): number {
  const { rows: capacity, columns } = rowsAndColumns(cache)
  const { columns: addedColumns } = rowsAndColumns(added)
  assert(columns === addedColumns, `${added.name} has ${addedColumns} columns, ${cache.name} ${columns}`)
  return capacity
}
