// Causal attention of new rows over the key/value cache. Inference only.
import { assert } from '../../base/assert'
import { defineKernel, gridOf, read, write } from '../../plan/kernelSpec'
import type { Plan } from '../../plan/plan'
import { rowsAndColumns, type Tensor } from '../../plan/tensor'
import { COUNTER_COUNT, type RunInputs } from '../runInputs'
import runInputsWgsl from '../snippets/run_inputs.wgsl?raw'
import workgroupMax from '../snippets/workgroup_max.wgsl?raw'
import attendWgsl from './attend.wgsl?raw'
import { cachedAttentionReference, type CachedAttentionShape } from './attention.reference'
import { cachedAttentionOnnx } from './cachedAttention.onnx'
import cachedBlockWgsl from './cachedBlock.wgsl?raw'
import cachedRowWgsl from './cachedRow.wgsl?raw'
import { packSource, packWidthOf, tilingOf, type PackWidth } from './tiling'

const queryElements = (shape: CachedAttentionShape) => shape.queries * shape.heads * shape.headWidth
const cacheElements = (shape: CachedAttentionShape) => shape.capacity * shape.keyValueHeads * shape.headWidth

/** For one query row, or too few to fill a tile. */
export const cachedAttentionRow = { 2: makeRowKernel(2), 4: makeRowKernel(4) }

/** For a block of query rows, such as a prompt. */
export const cachedAttentionBlock = { 2: makeBlockKernel(2), 4: makeBlockKernel(4) }

export interface CachedAttentionOptions {
  /** [capacity, K * D], persistent; the rows of the queries are already in it. */
  readonly keys: Tensor
  readonly values: Tensor
  readonly inputs: RunInputs
  readonly heads: number
  readonly keyValueHeads: number
  /** Even; up to 256 when four divides it, else up to 128. */
  readonly headWidth: number
}

/** From how many rows on a tile of queries that share their loads of keys beats a workgroup for each. */
const BLOCK_ROWS = 8

/**
 * Query row i stands at position counters[cachePosition] + i and attends to the cache up to that position.
 * q: [M, H * D]. Returns [M, H * D].
 */
export function cachedAttention(plan: Plan, q: Tensor, options: CachedAttentionOptions): Tensor {
  const { keys, values, inputs, heads, keyValueHeads, headWidth } = options
  const { rows: queries, columns } = rowsAndColumns(q)
  assert(columns === heads * headWidth, `${q.name}: ${heads} heads of ${headWidth}`)
  const shape = { queries, capacity: rowsAndColumns(keys).rows, heads, keyValueHeads, headWidth }
  const output = plan.activation(`attention(${q.name})`, q.shape)
  const kernels = queries < BLOCK_ROWS ? cachedAttentionRow : cachedAttentionBlock
  const bindings = { q, k: keys, v: values, counters: inputs.counters, output }
  plan.run(kernels[packWidthOf(headWidth)], shape, bindings)
  return output
}

function makeRowKernel(packWidth: PackWidth) {
  return defineKernel({
    ...describe(packWidth),
    name: `attention/cachedRow/pack${packWidth}`,
    source: [packSource[packWidth], runInputsWgsl, workgroupMax, cachedRowWgsl],
    constants: (shape: CachedAttentionShape) => ({
      ...describe(packWidth).constants(shape),
      WORKGROUP_SIZE: 64,
      PACK_LANES: 2 ** Math.ceil(Math.log2(shape.headWidth / packWidth)), // a lane for each pack
    }),
    workgroups: ({ queries, heads }) => gridOf(queries * heads),
  })
}

function makeBlockKernel(packWidth: PackWidth) {
  return defineKernel({
    ...describe(packWidth),
    name: `attention/cachedBlock/pack${packWidth}`,
    source: [packSource[packWidth], runInputsWgsl, attendWgsl, cachedBlockWgsl],
    constants: (shape: CachedAttentionShape) => ({ ...describe(packWidth).constants(shape), BATCH: 1 }),
    workgroups: (shape) => gridOf(Math.ceil(shape.queries / tilingOf(shape, packWidth).rowsPerTile) * shape.heads),
  })
}

function describe(packWidth: PackWidth) {
  return {
    bindings: {
      q: read('f32', queryElements),
      k: read('f32', cacheElements),
      v: read('f32', cacheElements),
      counters: read('u32', () => COUNTER_COUNT),
      output: write('f32', queryElements),
    },
    constants: (shape: CachedAttentionShape) => ({
      ...tilingOf(shape, packWidth).constants,
      QUERIES: shape.queries,
      KEYS: shape.capacity,
    }),
    reference: cachedAttentionReference,
    onnx: cachedAttentionOnnx,
    // As if the cache were full: how far it is filled is known on the device only.
    cost: (shape: CachedAttentionShape) => ({
      flops: 4 * queryElements(shape) * shape.capacity,
      bytes: 4 * (2 * queryElements(shape) + 2 * cacheElements(shape)),
    }),
  }
}
