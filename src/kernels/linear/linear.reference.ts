// A linear layer by its definition, and its gradient. See forward.wgsl and backward.wgsl for the formulas.
import { halvesToFloats } from '../../base/float16'
import type { Floats } from '../../plan/kernelSpec'
import { placesOf, planeCount, planeOf, type LinearSizesShape } from './linearSizes'

export interface FloatWeight {
  /** Floats, or the bits of halves. */
  readonly weight: Floats | Uint16Array
}
export interface Int8Weight {
  readonly values: Int8Array
  readonly scales: Uint16Array
}
export type StoredWeight = FloatWeight | Int8Weight

export interface LinearForwardArrays {
  readonly x: Floats
  readonly y: Floats
  readonly h?: Floats
  readonly b?: Floats
  readonly bias?: Floats
  readonly residual?: Floats
}

export function linearForwardReference(
  { x, y, h, b, bias, residual, ...operand }: LinearForwardArrays & StoredWeight,
  { rank = 0, ...sizes }: LinearSizesShape & { rank?: number },
): void {
  const { rows, columns, outputs } = sizes
  const ranks = planeCount(sizes) * rank
  const weight = weightReader(operand, columns)
  for (let m = 0; m < rows; m++) {
    const places = placesOf(sizes, m)
    for (let n = 0; n < outputs; n++) {
      let sum = bias ? bias[n]! : 0
      for (let k = 0; k < columns; k++) sum += x[m * columns + k]! * weight(n, k)
      const inH = m * ranks + planeOf(sizes, n) * rank
      if (h && b) for (let r = 0; r < rank; r++) sum += h[inH + r]! * b[n * rank + r]!
      const i = places[n]!
      y[i] = residual ? residual[i]! + sum : sum
    }
  }
}

export interface LinearInt8Arrays extends Omit<LinearForwardArrays, 'x'>, Int8Weight {
  readonly x: Int8Array
  readonly xScales: Floats
}

/** The forward pass over the floats that the int8 activations stand for. */
export function linearForwardInt8Reference(
  { x, xScales, ...operands }: LinearInt8Arrays,
  shape: LinearSizesShape & { rank?: number },
): void {
  const floats = Float64Array.from(x, (value, index) => value * xScales[Math.floor(index / 32)]!)
  linearForwardReference({ ...operands, x: floats }, shape)
}

export interface LinearBackwardArrays {
  readonly dy: Floats
  readonly dx: Floats
  readonly dh?: Floats
  readonly a?: Floats
}

export function linearBackwardReference(
  { dy, dx, dh, a, ...operand }: LinearBackwardArrays & StoredWeight,
  { accumulate, rank = 0, ...sizes }: LinearSizesShape & { accumulate: number; rank?: number },
): void {
  const { rows, columns, outputs } = sizes
  const ranks = planeCount(sizes) * rank
  const weight = weightReader(operand, columns)
  for (let m = 0; m < rows; m++) {
    const places = placesOf(sizes, m)
    for (let k = 0; k < columns; k++) {
      let sum = 0
      for (let n = 0; n < outputs; n++) sum += dy[places[n]!]! * weight(n, k)
      if (dh && a) for (let r = 0; r < ranks; r++) sum += dh[m * ranks + r]! * a[r * columns + k]!
      const i = m * columns + k
      dx[i] = accumulate ? dx[i]! + sum : sum
    }
  }
}

function weightReader(operand: StoredWeight, columns: number): (n: number, k: number) => number {
  if ('weight' in operand) {
    const weight = operand.weight instanceof Uint16Array ? halvesToFloats(operand.weight) : operand.weight
    return (n, k) => weight[n * columns + k]!
  }
  const { values } = operand
  const scales = halvesToFloats(operand.scales)
  const blocks = columns / 32
  return (n, k) => values[n * columns + k]! * scales[n * blocks + Math.floor(k / 32)]!
}

export interface WeightGradientArrays {
  readonly x: Floats
  readonly dy: Floats
  readonly gradient: Floats
}

/** dW (+)= dy^T x. */
export function linearWeightGradientReference(
  { x, dy, gradient }: WeightGradientArrays,
  { rows, columns, outputs, accumulate }: { rows: number; columns: number; outputs: number; accumulate: number },
): void {
  for (let n = 0; n < outputs; n++) {
    for (let k = 0; k < columns; k++) {
      let sum = 0
      for (let m = 0; m < rows; m++) sum += dy[m * outputs + n]! * x[m * columns + k]!
      const i = n * columns + k
      gradient[i] = accumulate ? gradient[i]! + sum : sum
    }
  }
}
