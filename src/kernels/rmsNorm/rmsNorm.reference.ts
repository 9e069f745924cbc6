// RMSNorm by its definition, and its gradient. See forward.wgsl for the formulas.
import type { Floats } from '../../plan/kernelSpec'

export interface RmsNormForwardArrays {
  readonly x: Floats
  readonly weight: Floats
  readonly y: Floats
  readonly invRms: Floats
}

export function rmsNormForwardReference(
  { x, weight, y, invRms }: RmsNormForwardArrays,
  { rows, columns, epsilon }: { rows: number; columns: number; epsilon: number },
): void {
  for (let r = 0; r < rows; r++) {
    let squares = 0
    for (let c = 0; c < columns; c++) squares += x[r * columns + c]! ** 2
    const scale = 1 / Math.sqrt(squares / columns + epsilon)
    for (let c = 0; c < columns; c++) y[r * columns + c] = x[r * columns + c]! * scale * weight[c]!
    invRms[r] = scale
  }
}

export interface RmsNormBackwardArrays {
  readonly x: Floats
  readonly weight: Floats
  readonly invRms: Floats
  readonly dy: Floats
  readonly dx: Floats
}

export function rmsNormBackwardReference(
  { x, weight, invRms, dy, dx }: RmsNormBackwardArrays,
  { rows, columns, accumulate }: { rows: number; columns: number; accumulate: number },
): void {
  for (let r = 0; r < rows; r++) {
    const scale = invRms[r]!
    let products = 0
    for (let c = 0; c < columns; c++) products += dy[r * columns + c]! * weight[c]! * x[r * columns + c]!
    const pull = (products * scale * scale) / columns
    for (let c = 0; c < columns; c++) {
      const i = r * columns + c
      const value = scale * (dy[i]! * weight[c]! - x[i]! * pull)
      dx[i] = accumulate ? dx[i]! + value : value
    }
  }
}

export interface RmsNormWeightGradientArrays {
  readonly x: Floats
  readonly invRms: Floats
  readonly dy: Floats
  readonly dw: Floats
}

export function rmsNormWeightGradientReference(
  { x, invRms, dy, dw }: RmsNormWeightGradientArrays,
  { rows, columns, accumulate }: { rows: number; columns: number; accumulate: number },
): void {
  for (let c = 0; c < columns; c++) {
    let sum = 0
    for (let r = 0; r < rows; r++) sum += dy[r * columns + c]! * x[r * columns + c]! * invRms[r]!
    dw[c] = accumulate ? dw[c]! + sum : sum
  }
}
