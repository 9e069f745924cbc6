// Exponential smoothing with the bias correction of Adam (Kingma & Ba 2015, section 3): without it the first
// points would be pulled towards zero and the curve would seem to rise out of nothing.
import type { Point } from './point'

/** `strength` 0 leaves the points as they are; towards 1 the curve is smoother and lags more. */
export function smooth(points: readonly Point[], strength: number): Point[] {
  let average = 0
  let weight = 0
  const smoothed: Point[] = []
  for (const { x, y } of points) {
    // A value that is no number would poison every later one, so it is left out and the curve goes on.
    if (!Number.isFinite(y)) continue
    average = strength * average + (1 - strength) * y
    weight = strength * weight + (1 - strength)
    smoothed.push({ x, y: average / weight })
  }
  return smoothed
}

/** A strength that averages over about a twenty-fifth of the run: short runs stay sharp, long ones become calm. */
export function smoothingFor(stepCount: number): number {
  return 1 - 1 / Math.min(40, Math.max(2, stepCount / 25))
}
