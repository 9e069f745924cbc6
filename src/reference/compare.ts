// Comparing an executor's numbers with the reference's. Says which element is worst, not just that one is.
export interface Worst {
  readonly index: number
  readonly actual: number
  readonly expected: number
  /** |actual - expected| over what is allowed; at most 1 passes. */
  readonly ratio: number
}

/** The element that uses most of its tolerance, |a - e| <= absolute + relative |e|. NaN never passes. */
export function worstElement(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { absolute, relative }: { absolute: number; relative: number },
): Worst {
  let worst: Worst = { index: -1, actual: 0, expected: 0, ratio: 0 }
  for (let index = 0; index < expected.length; index++) {
    const a = actual[index] ?? Number.NaN
    const e = expected[index] ?? Number.NaN
    const error = Math.abs(a - e) / (absolute + relative * Math.abs(e))
    const ratio = a === e ? 0 : Number.isNaN(error) ? Number.POSITIVE_INFINITY : error
    if (ratio > worst.ratio) worst = { index, actual: a, expected: e, ratio }
  }
  return worst
}
