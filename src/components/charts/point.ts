// A point of a curve. `x` is a training step unless a chart says otherwise; a series is sorted by x.
export interface Point {
  readonly x: number
  readonly y: number
}

/** The point nearest to `x`; null when there is none. */
export function nearestPoint(points: readonly Point[], x: number): Point | null {
  let low = 0
  let high = points.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((points[middle]?.x ?? Infinity) <= x) low = middle + 1
    else high = middle
  }
  const [before, after] = [points[low - 1], points[low]]
  if (!before || !after) return before ?? after ?? null
  return x - before.x <= after.x - x ? before : after
}
