// The products of a low-rank adapter by their definitions. See narrow.wgsl and gradient.wgsl.
import type { Floats } from '../../plan/kernelSpec'
import { placesOf, planeCount, planeOf, type LinearSizesShape } from '../linear/linearSizes'

export interface ProjectArrays {
  readonly x: Floats
  readonly narrow: Floats
  readonly weight: Floats
}

/** narrow has `rank` columns for each plane of outputs, and so has weight rows. */
export function projectReference(
  { x, narrow, weight }: ProjectArrays,
  { rank, scale, ...sizes }: LinearSizesShape & { rank: number; scale: number },
): void {
  const { rows, columns } = sizes
  const ranks = planeCount(sizes) * rank
  for (let m = 0; m < rows; m++) {
    for (let r = 0; r < ranks; r++) {
      let sum = 0
      for (let k = 0; k < columns; k++) sum += x[m * columns + k]! * weight[r * columns + k]!
      narrow[m * ranks + r] = scale * sum
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
  { rank, scale, ...sizes }: LinearSizesShape & { rank: number; scale: number },
): void {
  const ranks = planeCount(sizes) * rank
  for (let m = 0; m < sizes.rows; m++) {
    const places = placesOf(sizes, m)
    for (let r = 0; r < ranks; r++) {
      let sum = 0
      for (let n = 0; n < sizes.outputs; n++) {
        if (planeOf(sizes, n) === Math.floor(r / rank)) sum += dy[places[n]!]! * weight[n * rank + (r % rank)]!
      }
      narrow[m * ranks + r] = scale * sum
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

export interface AdapterGradientsArrays {
  readonly x: Floats
  readonly dh: Floats
  readonly dy: Floats
  readonly h: Floats
  readonly dA: Floats
  readonly dB: Floats
}

export function adapterGradientsReference(
  { x, dh, dy, h, dA, dB }: AdapterGradientsArrays,
  { rank, accumulate, ...sizes }: LinearSizesShape & { rank: number; accumulate: number },
): void {
  const { rows, columns, outputs } = sizes
  const ranks = planeCount(sizes) * rank
  const put = (gradient: Floats, at: number, sum: number) => {
    gradient[at] = accumulate ? gradient[at]! + sum : sum
  }
  for (let r = 0; r < ranks; r++) {
    for (let k = 0; k < columns; k++) {
      let sum = 0
      for (let m = 0; m < rows; m++) sum += dh[m * ranks + r]! * x[m * columns + k]!
      put(dA, r * columns + k, sum)
    }
  }
  const places = Array.from({ length: rows }, (_, m) => placesOf(sizes, m))
  for (let n = 0; n < outputs; n++) {
    const ofPlane = planeOf(sizes, n) * rank
    for (let r = 0; r < rank; r++) {
      let sum = 0
      for (let m = 0; m < rows; m++) sum += dy[places[m]![n]!]! * h[m * ranks + ofPlane + r]!
      put(dB, n * rank + r, sum)
    }
  }
}
