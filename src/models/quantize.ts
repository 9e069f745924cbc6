// How the weights of a frozen base are rounded: to halves, or to int8.
//
// int8 is symmetric, in blocks of 32 along the input with one half-precision scale a block: the values and
// scales of GGUF's Q8_0, kept in two planes so that a kernel reads whole words.
import { floatsToHalves, floatToHalf, halfToFloat, LARGEST_HALF } from '../base/float16'
import { AppError } from '../base/errors'
import { assert } from '../base/assert'

export const BLOCK_SIZE = 32

export interface QuantizedWeight {
  /** [rows, columns] */
  readonly values: Int8Array
  /** [rows, columns / 32], bits of IEEE half floats */
  readonly scales: Uint16Array
}

/**
 * The nearest halves, ties to even: a relative error of 2^-11 at most, and below 2^-14 an absolute one of 2^-25. null where
 * a weight is beyond the largest half. bfloat16 has fewer bits than a half but reaches further: its weights from 2^-17 to
 * 65,504 are halves as they are.
 *
 * @throws AppError `weights/not-finite` when a weight is NaN or infinite.
 */
export function roundToHalves(weights: Float32Array): Uint16Array<ArrayBuffer> | null {
  let largest = 0
  for (let i = 0; i < weights.length; i++) {
    const size = Math.abs(weights[i]!)
    checkFinite(size, i)
    if (size > largest) largest = size
  }
  return largest > LARGEST_HALF ? null : floatsToHalves(weights)
}

/**
 * Packs float weights [rows, columns] into blocks, as llama.cpp's quantize_row_q8_0 does: scale = max|w| / 127
 * in float32, values rounded with it, the scale then stored as half. Worst error is about scale / 2.
 *
 * @throws AppError `weights/not-finite` when a weight is NaN or infinite, or its scale overflows a half.
 */
export function quantizeBlocks(weights: Float32Array, rows: number, columns: number): QuantizedWeight {
  assert(columns % BLOCK_SIZE === 0, `${columns} columns are no multiple of ${BLOCK_SIZE}`)
  const values = new Int8Array(rows * columns)
  const scales = new Uint16Array((rows * columns) / BLOCK_SIZE)
  for (let block = 0; block < scales.length; block++) {
    const start = block * BLOCK_SIZE
    let largest = 0
    for (let i = start; i < start + BLOCK_SIZE; i++) {
      const size = Math.abs(weights[i]!)
      checkFinite(size, i)
      if (size > largest) largest = size
    }
    const scale = Math.fround(largest / 127)
    const inverse = scale > 0 ? Math.fround(1 / scale) : 0
    scales[block] = floatToHalf(scale)
    if (scale > LARGEST_HALF) {
      throw new AppError('weights/not-finite', { message: `the scale ${scale} overflows a half` })
    }
    for (let i = start; i < start + BLOCK_SIZE; i++) {
      values[i] = roundHalfAwayFromZero(Math.fround(weights[i]! * inverse))
    }
  }
  return { values, scales }
}

/** The float weights an int8 weight stands for. For checks and error figures: products never need them. */
export function dequantizeBlocks({ values, scales }: QuantizedWeight): Float32Array {
  const weights = new Float32Array(values.length)
  for (let i = 0; i < values.length; i++) weights[i] = values[i]! * halfToFloat(scales[Math.floor(i / BLOCK_SIZE)]!)
  return weights
}

function checkFinite(size: number, index: number): void {
  // Written so that NaN, which no comparison holds for, is caught too.
  if (!(size <= 3.4e38)) throw new AppError('weights/not-finite', { message: `|weight ${index}| is ${size}` })
}

function roundHalfAwayFromZero(value: number): number {
  return Math.sign(value) * Math.floor(Math.abs(value) + 0.5)
}
