// One linear from the inside: its weights, what int8 does to them block by block, and what the adapter adds.
import { halfToFloat } from '../base/float16'
import type { LinearName } from '../models/config'
import { BLOCK_SIZE, dequantizeBlocks, quantizeBlocks } from '../models/quantize'

/** Counts of values in bins of one width, from `least` to `most`. */
export interface Histogram {
  readonly least: number
  readonly most: number
  readonly counts: readonly number[]
}

/** 32 neighbours of a row that share a scale. */
export interface WeightBlock {
  readonly row: number
  readonly firstColumn: number
  /** The distance between two neighbouring int8 values. */
  readonly step: number
  /** ||w - int8(w)|| / ||w|| over the block. */
  readonly error: number
  /** The largest weight beside the root of the mean square: what makes a block bad. */
  readonly peak: number
}

export interface LinearInspection {
  readonly layer: number
  readonly linear: LinearName
  readonly outputs: number
  readonly inputs: number
  readonly weights: Histogram
  /** null where the linear stays float32, because its inputs are no whole blocks. */
  readonly int8: {
    /** ||W - int8(W)|| / ||W|| */
    readonly error: number
    readonly blocks: number
    readonly blockErrors: Histogram
    /** Finest, middle and coarsest distance between int8 values. */
    readonly steps: { readonly finest: number; readonly middle: number; readonly coarsest: number }
    /** The worst first. */
    readonly worst: readonly WeightBlock[]
  } | null
  /** Singular values of what the adapter adds, falling, and how many hold 90 % of their squares; null without one here. */
  readonly singular: { readonly values: readonly number[]; readonly needed: number } | null
}

const WEIGHT_BINS = 121
const ERROR_BINS = 60
const WORST_BLOCKS = 5

/** weights: [outputs, inputs]. */
export function inspectWeights(weights: Float32Array, inputs: number): Pick<LinearInspection, 'weights' | 'int8'> {
  const largest = weights.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  return {
    weights: histogramOf(weights, { least: -largest, most: largest, bins: WEIGHT_BINS }),
    int8: inputs % BLOCK_SIZE === 0 ? inspectBlocks(weights, inputs) : null,
  }
}

function inspectBlocks(weights: Float32Array, inputs: number): LinearInspection['int8'] {
  const quantized = quantizeBlocks(weights, weights.length / inputs, inputs)
  const restored = dequantizeBlocks(quantized)
  let allErrors = 0
  let allSquares = 0
  const blocks = Array.from(quantized.scales, (scale, index): WeightBlock => {
    const start = index * BLOCK_SIZE
    let errors = 0
    let squares = 0
    let largest = 0
    for (let i = start; i < start + BLOCK_SIZE; i++) {
      errors += (weights[i]! - restored[i]!) ** 2
      squares += weights[i]! ** 2
      largest = Math.max(largest, Math.abs(weights[i]!))
    }
    allErrors += errors
    allSquares += squares
    return {
      row: Math.floor(start / inputs),
      firstColumn: start % inputs,
      step: halfToFloat(scale),
      error: squares > 0 ? Math.sqrt(errors / squares) : 0,
      peak: squares > 0 ? largest / Math.sqrt(squares / BLOCK_SIZE) : 0,
    }
  })
  const steps = blocks.map(({ step }) => step).toSorted((a, b) => a - b)
  const worst = blocks.toSorted((a, b) => b.error - a.error).slice(0, WORST_BLOCKS)
  return {
    error: allSquares > 0 ? Math.sqrt(allErrors / allSquares) : 0,
    blocks: blocks.length,
    blockErrors: histogramOf(
      blocks.map(({ error }) => error),
      { least: 0, most: worst[0]?.error ?? 0, bins: ERROR_BINS },
    ),
    steps: {
      finest: steps[0] ?? 0,
      middle: steps[Math.floor(steps.length / 2)] ?? 0,
      coarsest: steps.at(-1) ?? 0,
    },
    worst,
  }
}

function histogramOf(
  values: ArrayLike<number>,
  { least, most, bins }: { least: number; most: number; bins: number },
): Histogram {
  const counts = Array.from({ length: bins }, () => 0)
  for (let i = 0; i < values.length; i++) {
    const at = most > least ? Math.floor((bins * (values[i]! - least)) / (most - least)) : 0
    const bin = Math.min(bins - 1, Math.max(0, at))
    counts[bin] = (counts[bin] ?? 0) + 1
  }
  return { least, most, counts }
}
