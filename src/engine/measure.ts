// Figures with n and spread.
import type { Measurement } from '../base/measurement'

/** Median of the values; spread is half the distance between the quartiles. */
export function summarize(values: readonly number[]): Measurement {
  const sorted = values.toSorted((a, b) => a - b)
  return {
    value: quantile(sorted, 0.5),
    spread: (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / 2,
    n: sorted.length,
  }
}

function quantile(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1)
  const below = sorted[Math.floor(at)] ?? Number.NaN
  const above = sorted[Math.ceil(at)] ?? Number.NaN
  return below + (above - below) * (at - Math.floor(at))
}
