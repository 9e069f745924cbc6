// LayerNorm by its definition, and its gradient. See forward.wgsl and backward.wgsl for the formulas.
import type { Floats } from '../../plan/kernelSpec'

export interface LayerNormForwardArrays {
  readonly x: Floats
  readonly weight: Floats
  readonly bias: Floats
  readonly y: Floats
  readonly statistics: Floats
}

export function layerNormForwardReference(
  { x, weight, bias, y, statistics }: LayerNormForwardArrays,
  { rows, columns, epsilon }: { rows: number; columns: number; epsilon: number },
): void {
  for (let r = 0; r < rows; r++) {
    const start = r * columns
    let sum = 0
    for (let c = 0; c < columns; c++) sum += x[start + c]!
    const mean = sum / columns
    let squares = 0
    for (let c = 0; c < columns; c++) squares += (x[start + c]! - mean) ** 2
    const inverseStd = 1 / Math.sqrt(squares / columns + epsilon)
    for (let c = 0; c < columns; c++) y[start + c] = (x[start + c]! - mean) * inverseStd * weight[c]! + bias[c]!
    statistics[2 * r] = mean
    statistics[2 * r + 1] = inverseStd
  }
}

export interface LayerNormBackwardArrays {
  readonly x: Floats
  readonly weight: Floats
  readonly statistics: Floats
  readonly dy: Floats
  readonly dx: Floats
}

export function layerNormBackwardReference(
  { x, weight, statistics, dy, dx }: LayerNormBackwardArrays,
  { rows, columns, accumulate }: { rows: number; columns: number; accumulate: number },
): void {
  for (let r = 0; r < rows; r++) {
    const start = r * columns
    const mean = statistics[2 * r]!
    const inverseStd = statistics[2 * r + 1]!
    let sum = 0
    let products = 0
    for (let c = 0; c < columns; c++) {
      const g = dy[start + c]! * weight[c]!
      sum += g
      products += g * (x[start + c]! - mean) * inverseStd
    }
    for (let c = 0; c < columns; c++) {
      const n = (x[start + c]! - mean) * inverseStd
      const value = inverseStd * (dy[start + c]! * weight[c]! - sum / columns - (n * products) / columns)
      dx[start + c] = accumulate ? dx[start + c]! + value : value
    }
  }
}
