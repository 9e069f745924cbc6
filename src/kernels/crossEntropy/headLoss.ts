// From the last hidden state to the loss and its gradient, without ever holding all logits.
//
// Rows go through in chunks: logits, loss, and at once the gradient of x, because the gradient of the mean
// loss needs nothing from later steps. One buffer serves all chunks. After Liger Kernel, Hsu et al. 2024,
// https://arxiv.org/abs/2410.10989.
import { assert } from '../../base/assert'
import type { Plan } from '../../plan/plan'
import { elementCount, rowsAndColumns, VIEW_ALIGNMENT_BYTES, viewTensor, type Tensor } from '../../plan/tensor'
import type { RunInputs } from '../runInputs'
import { crossEntropyForward, crossEntropyGradient, sumLoss } from './crossEntropy'
import { outputsOfHead, recordHeadBackward, recordHeadForward, recordHeadGradient, type Head } from './head'

export interface HeadLossOptions {
  /** u32 [M]: the token each row has to predict, or IGNORED_LABEL. */
  readonly labels: Tensor
  readonly inputs: RunInputs
  /** Bytes that the rest of the plan needs at other times, which logits may take when those are more than 16 MiB. */
  readonly spareBytes?: number
  /** Rows whose logits are held at a time: a multiple of 64. By default what fits into those bytes. */
  readonly chunkRows?: number
  /** [M]: where to write the loss of each row, when somebody wants to read it. */
  readonly rowLoss?: Tensor
}

/** Chunks begin where views may begin: rowLoss and labels have four bytes to a row. */
const CHUNK_ROW_MULTIPLE = VIEW_ALIGNMENT_BYTES / 4

/** Large enough for matrix products that fill a GPU, small beside the weights. */
const LOGITS_BUDGET_BYTES = 16 * 2 ** 20

/** What every WebGPU device can bind: the default of maxStorageBufferBindingSize. */
const MAX_LOGITS_BYTES = 128 * 2 ** 20

/**
 * Records logits = x W^T and their cross-entropy, and writes lossScale times its sum into the metrics ring.
 * In a training plan, when x needs a gradient, that gradient is complete when this returns: call
 * `plan.backward()` later.
 *
 * x: [M, C]. head: [V, C], trained where it needs a gradient and lies in one part. Returns the loss of each row: [M], 0 for ignored rows.
 */
export function headLoss(plan: Plan, x: Tensor, head: Head, options: HeadLossOptions): Tensor {
  const { labels, inputs } = options
  const { rows } = rowsAndColumns(x)
  const vocabulary = outputsOfHead(head)
  const rowLoss = options.rowLoss ?? plan.activation('row loss', [rows])
  const chunkRows = Math.min(rows, options.chunkRows ?? defaultChunkRows(vocabulary, options.spareBytes))
  assert(chunkRows === rows || chunkRows % CHUNK_ROW_MULTIPLE === 0, `chunks of ${chunkRows} rows are not aligned`)
  const logits = plan.activation('logits', [chunkRows, vocabulary])
  const dx = plan.isTraining && x.needsGradient ? plan.gradient(x) : undefined

  for (let first = 0; first < rows; first += chunkRows) {
    const count = Math.min(chunkRows, rows - first)
    const chunkOf = (tensor: Tensor) => rowsOf(tensor, { first, count, rows })
    const chunk = { rows: count, columns: vocabulary }
    const chunkLogits = rowsOf(logits, { first: 0, count, rows: chunkRows })
    recordHeadForward(plan, { x: chunkOf(x), head, logits: chunkLogits })
    const bindings = { logits: chunkLogits, labels: chunkOf(labels), rowLoss: chunkOf(rowLoss) }
    if (!dx) {
      plan.run(crossEntropyForward, chunk, bindings)
      continue
    }
    plan.run(crossEntropyGradient, chunk, { ...bindings, scalars: inputs.scalars })
    recordHeadGradient(plan, head, { x: chunkOf(x), dLogits: chunkLogits })
    recordHeadBackward(plan, { dLogits: chunkLogits, head, dx: chunkOf(dx.tensor), accumulate: dx.accumulate })
  }

  const { scalars, counters, metrics } = inputs
  plan.run(sumLoss, { rows }, { rowLoss, scalars, counters, metrics })
  return rowLoss
}

/** Rows whose logits fit the budget, and at least one aligned chunk. Few chunks are few dispatches. */
function defaultChunkRows(vocabulary: number, spareBytes = 0): number {
  const budget = Math.min(Math.max(LOGITS_BUDGET_BYTES, spareBytes), MAX_LOGITS_BYTES)
  return Math.max(1, Math.floor(budget / (4 * vocabulary * CHUNK_ROW_MULTIPLE))) * CHUNK_ROW_MULTIPLE
}

/** `count` of the `rows` rows of a tensor, from `first` on: a view, or the tensor itself when that is all. */
function rowsOf(tensor: Tensor, { first, count, rows }: { first: number; count: number; rows: number }): Tensor {
  if (count === rows) return tensor
  const width = elementCount(tensor) / rows
  return viewTensor(tensor, `${tensor.name}, rows from ${first}`, [count, width], first * width * 4)
}
