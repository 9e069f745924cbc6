// What was measured, held against what this device can do at best: the roofline. Pure, so that the page computes with the
// same functions as the terminal. Source: Williams, Waterman, Patterson 2009, "Roofline", CACM 52(4), figure 1.
import type { Measurement } from '../base/measurement'
import type { KernelChoice } from '../plan/device'
import type { Precision } from '../plan/precision'

export interface Ceilings {
  readonly flopsPerSecond: Measurement
  readonly bytesPerSecond: Measurement
  /** Multiplications and additions of int8 in packed dot products; null where the shading language has none. */
  readonly int8OpsPerSecond: Measurement | null
  /** Milliseconds from one dispatch to the next when each does nothing and waits for the last. */
  readonly dispatchMs: Measurement
  /** Milliseconds that the page, or Node, takes to encode and submit a thousand dispatches. */
  readonly encodeMs: Measurement
  /** Milliseconds from asking for a number that lies on the device until it is here. */
  readonly readMs: Measurement
}

/** Milliseconds of one run. */
export interface Timing extends Measurement {
  /** Repetitions inside one timed run. */
  readonly repetitions: number
}

export interface BenchRow {
  readonly what: string
  readonly name: string
  /** float16, int8: it reads or writes numbers that are stored so. */
  readonly precision: Precision
  /** What it multiplies; int8 only where both factors are. */
  readonly arithmetic: 'float32' | 'int8'
  readonly timing: Timing
  readonly flops: number
  readonly bytes: number
  /** How it is computed here, where there is a choice and it was made; null otherwise, and for whole steps. */
  readonly choice: KernelChoice | null
}

/** Packed products of int8 have a rate of their own, where it was measured. */
export function rateOfArithmetic(
  arithmetic: BenchRow['arithmetic'],
  { flopsPerSecond, int8OpsPerSecond }: Pick<Ceilings, 'flopsPerSecond' | 'int8OpsPerSecond'>,
): number {
  return (arithmetic === 'int8' && int8OpsPerSecond ? int8OpsPerSecond : flopsPerSecond).value
}

/** The least time the device could take, as a share of the time it took. */
export function shareOfFloor(
  { timing, flops, bytes, arithmetic }: Pick<BenchRow, 'timing' | 'flops' | 'bytes' | 'arithmetic'>,
  ceilings: Pick<Ceilings, 'flopsPerSecond' | 'bytesPerSecond' | 'int8OpsPerSecond'>,
): number {
  const floorSeconds = Math.max(flops / rateOfArithmetic(arithmetic, ceilings), bytes / ceilings.bytesPerSecond.value)
  return floorSeconds / (timing.value / 1000)
}

/** Rates of what takes `timing`; the spread of a time is, to first order, the same share of its rate. */
export function rateOf(work: number, { value, spread, n }: Measurement): Measurement {
  const rate = work / (value / 1000)
  return { value: rate, spread: rate * (spread / value), n }
}
