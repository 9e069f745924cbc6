// The products of a low-rank adapter by their definitions. See narrow.wgsl and gradient.wgsl.
import type { Floats } from '../../plan/kernelSpec'

export interface ProjectArrays {
  readonly x: Floats
  readonly narrow: Floats
  readonly weight: Floats
}

export function projectReference(
  { x, narrow, weight }: ProjectArrays,
  { rows, columns, rank, scale }: { rows: number; columns: number; rank: number; scale: number },
): void {
  for (let m = 0; m < rows; m++) {
    for (let r = 0; r < rank; r++) {
      let sum = 0
      for (let k = 0; k < columns; k++) sum += x[m * columns + k]! * weight[r * columns + k]!
      narrow[m * rank + r] = scale * sum
    }
  }
}

export interface ProjectBackArrays {
  readonly dy: Floats
  readonly narrow: Floats
  readonly weight: Floats
}

export function projectBackReference(
  { dy, narrow, weight }: ProjectBackArrays,
  { rows, outputs, rank, scale }: { rows: number; outputs: number; rank: number; scale: number },
): void {
  for (let m = 0; m < rows; m++) {
    for (let r = 0; r < rank; r++) {
      let sum = 0
      for (let n = 0; n < outputs; n++) sum += dy[m * outputs + n]! * weight[n * rank + r]!
      narrow[m * rank + r] = scale * sum
    }
  }
}

export interface AdapterGradientArrays {
  readonly wide: Floats
  readonly narrow: Floats
  readonly gradient: Floats
}

export function adapterGradientReference(
  { wide, narrow, gradient }: AdapterGradientArrays,
  {
    rows,
    columns,
    rank,
    transposed,
    accumulate,
  }: { rows: number; columns: number; rank: number; transposed: number; accumulate: number },
): void {
  for (let r = 0; r < rank; r++) {
    for (let c = 0; c < columns; c++) {
      let sum = 0
      for (let m = 0; m < rows; m++) sum += narrow[m * rank + r]! * wide[m * columns + c]!
      const i = transposed ? c * rank + r : r * columns + c
      gradient[i] = accumulate ? gradient[i]! + sum : sum
    }
  }
}
