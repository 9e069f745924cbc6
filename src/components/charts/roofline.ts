// Where the lines and points of a roofline lie: both axes logarithmic, a slope that is the memory's rate, flat roofs that
// are the rates of arithmetic. Pure.
import type { Precision } from '../../plan/precision'
import { logAxis, type Axis } from './axis'

export interface Roof {
  readonly opsPerSecond: number
  readonly bytesPerSecond: number
  /** Packed products of int8; null where there are none. */
  readonly int8OpsPerSecond: number | null
}

/** Something that ran. x: operations for each byte it must move; y: operations per second. */
export interface RooflinePoint {
  readonly id: string
  /** Short: it stands beside the point. */
  readonly name: string
  /** The rest of what it is. */
  readonly detail: string
  readonly x: number
  readonly y: number
  readonly precision: Precision
  /** A whole step, not a single kernel. */
  readonly isStep: boolean
}

interface Place {
  readonly x: number
  readonly y: number
}

export interface RooflineFrame {
  readonly xAxis: Axis
  readonly yAxis: Axis
  /** The slope up to the float32 ridge and the flat part from there: corner points, in units of the axes. */
  readonly roof: readonly [Place, Place, Place]
  /** From where it leaves the slope, or its continuation, to the right edge. */
  readonly int8Roof: readonly Place[] | null
}

/** Only what computes stands on the chart: a logarithm has no place for nothing. */
export function isOnRoofline({ x, y }: Place): boolean {
  return x > 0 && y > 0 && Number.isFinite(x) && Number.isFinite(y)
}

export function rooflineFrame(points: readonly RooflinePoint[], roof: Roof): RooflineFrame {
  const { opsPerSecond, bytesPerSecond, int8OpsPerSecond } = roof
  const shown = points.filter(isOnRoofline)
  const peaks = [opsPerSecond, ...(int8OpsPerSecond === null ? [] : [int8OpsPerSecond])]
  const ridges = peaks.map((peak) => peak / bytesPerSecond)
  // Before each ridge there is room for a slope, and beyond the last for the flat part with its name.
  const xAxis = axisOver([...shown.map(({ x }) => x), ...ridges.flatMap((ridge) => [ridge / 8, ridge * 4])])
  const yAxis = axisOver([...shown.map(({ y }) => y), ...peaks])
  const foot = Math.max(xAxis.min, yAxis.min / bytesPerSecond)
  const [ridge = foot, int8Ridge] = ridges
  const slopeEnd = (at: number): Place => ({ x: at, y: at * bytesPerSecond })
  return {
    xAxis,
    yAxis,
    roof: [slopeEnd(foot), slopeEnd(ridge), { x: xAxis.max, y: opsPerSecond }],
    int8Roof:
      int8Ridge === undefined || int8OpsPerSecond === null
        ? null
        : [
            // A higher roof goes on where the slope of float32 ends.
            ...(int8Ridge > ridge ? [slopeEnd(ridge)] : []),
            slopeEnd(int8Ridge),
            { x: xAxis.max, y: int8OpsPerSecond },
          ],
  }
}

/** What lies nearest to a place on the screen, within `reach` pixels. */
export function nearestOnScreen<T extends { readonly left: number; readonly top: number }>(
  points: readonly T[],
  { left, top }: { readonly left: number; readonly top: number },
  reach: number,
): T | null {
  let best: T | null = null
  let least = reach
  for (const point of points) {
    const distance = Math.hypot(point.left - left, point.top - top)
    if (distance <= least) [best, least] = [point, distance]
  }
  return best
}

function axisOver(values: readonly number[]): Axis {
  const axis = logAxis(values)
  if (!axis) throw new Error('assertion failed: a ceiling is not above zero')
  return axis
}
