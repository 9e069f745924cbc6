// Fewer points with the same look: largest-triangle-three-buckets, Steinarsson 2013,
// http://hdl.handle.net/1946/15343. Every bucket keeps the point that spans the largest triangle with the point
// kept before it and the mean of the bucket after it, so spikes stay where they were. First and last are kept.
import type { Point } from './point'

/** recharts draws two lines of 500 points in about 18 ms; twice as many cost twice that. */
export const MAX_POINTS = 500

export function downsample(points: readonly Point[], limit = MAX_POINTS): readonly Point[] {
  const first = points[0]
  const last = points.at(-1)
  if (points.length <= limit || limit < 3 || !first || !last) return points
  const bucketSize = (points.length - 2) / (limit - 2)
  const kept: Point[] = [first]
  let before = first
  for (let bucket = 0; bucket < limit - 2; bucket += 1) {
    const start = Math.floor(bucket * bucketSize) + 1
    const end = Math.floor((bucket + 1) * bucketSize) + 1
    const after = meanOf(points, end, Math.min(points.length, Math.floor((bucket + 2) * bucketSize) + 1))
    let best = points[start] ?? before
    let bestArea = -1
    for (let index = start; index < end; index += 1) {
      const point = points[index]
      if (!point) continue
      const area = Math.abs((before.x - after.x) * (point.y - before.y) - (before.x - point.x) * (after.y - before.y))
      if (area > bestArea) {
        best = point
        bestArea = area
      }
    }
    kept.push(best)
    before = best
  }
  kept.push(last)
  return kept
}

function meanOf(points: readonly Point[], start: number, end: number): Point {
  let x = 0
  let y = 0
  for (let index = start; index < end; index += 1) {
    x += points[index]?.x ?? 0
    y += points[index]?.y ?? 0
  }
  const count = Math.max(1, end - start)
  return { x: x / count, y: y / count }
}
