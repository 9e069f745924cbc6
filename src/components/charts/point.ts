// A point of a curve. `x` is a training step unless a chart says otherwise; a series is sorted by x.
export interface Point {
  readonly x: number
  readonly y: number
}

/** The point at `x`, or the last one before it; null when the series begins later. Series are sorted by x. */
export function pointAt(points: readonly Point[], x: number): Point | null {
  let low = 0
  let high = points.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((points[middle]?.x ?? Infinity) <= x) low = middle + 1
    else high = middle
  }
  return points[low - 1] ?? null
}
