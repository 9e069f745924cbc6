// Cross-entropy by its definition, and its gradient. See forward.wgsl, gradient.wgsl and sumLoss.wgsl.
import type { Floats } from '../../plan/kernelSpec'
import { counterIndex, metricIndex, RING_FIELDS, scalarIndex } from '../runInputs'

export interface CrossEntropyShape extends Readonly<Record<string, number>> {
  readonly rows: number
  readonly columns: number
}

export interface CrossEntropyForwardArrays {
  readonly logits: Floats
  readonly labels: Uint32Array
  readonly rowLoss: Floats
}

export function crossEntropyForwardReference(
  { logits, labels, rowLoss }: CrossEntropyForwardArrays,
  { rows, columns }: CrossEntropyShape,
): void {
  for (let r = 0; r < rows; r++) {
    const label = labels[r]!
    const row = logits.subarray(r * columns, (r + 1) * columns)
    rowLoss[r] = label >= columns ? 0 : logSumExp(row) - row[label]!
  }
}

export interface CrossEntropyGradientArrays extends CrossEntropyForwardArrays {
  readonly scalars: Floats
}

export function crossEntropyGradientReference(
  { logits, labels, scalars, rowLoss }: CrossEntropyGradientArrays,
  { rows, columns }: CrossEntropyShape,
): void {
  const scale = scalars[scalarIndex.lossScale]!
  for (let r = 0; r < rows; r++) {
    const label = labels[r]!
    const row = logits.subarray(r * columns, (r + 1) * columns)
    const isIgnored = label >= columns
    const normalizer = logSumExp(row)
    rowLoss[r] = isIgnored ? 0 : normalizer - row[label]!
    for (let c = 0; c < columns; c++) {
      row[c] = isIgnored ? 0 : scale * (Math.exp(row[c]! - normalizer) - (c === label ? 1 : 0))
    }
  }
}

export interface SumLossArrays {
  readonly rowLoss: Floats
  readonly scalars: Floats
  readonly counters: Uint32Array
  readonly metrics: Floats
}

export function sumLossReference(
  { rowLoss, scalars, counters, metrics }: SumLossArrays,
  { rows }: { rows: number },
): void {
  let sum = 0
  for (let r = 0; r < rows; r++) sum += rowLoss[r]!
  metrics[counters[counterIndex.ringRow]! * RING_FIELDS + metricIndex.loss] = scalars[scalarIndex.lossScale]! * sum
}

function logSumExp(values: Floats): number {
  let largest = Number.NEGATIVE_INFINITY
  for (const value of values) largest = Math.max(largest, value)
  let sum = 0
  for (const value of values) sum += Math.exp(value - largest)
  return largest + Math.log(sum)
}
