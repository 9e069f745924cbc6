// What a curve is, in the one encoding of the product: hue says which model, texture which precision, weight
// whether it was measured in training or in validation.
import type { Precision } from '../../plan/precision'
import { downsample } from './downsample'
import type { Point } from './point'
import { smooth, smoothingFor } from './smooth'
import { dashesOf } from './texture'

export interface Series {
  readonly id: string
  readonly name: string
  readonly points: readonly Point[]
  readonly model: 'base' | 'adapter'
  readonly precision: Precision
  readonly role: 'training' | 'validation'
  /** Draws the raw points faintly and a smoothed curve over them. */
  readonly isSmoothed?: boolean
}

/** A value that stays: the base's loss, a clipping limit. Drawn across the whole chart. */
export interface Level {
  readonly id: string
  readonly name: string
  readonly value: number
  /** Neutral: it belongs to no model, such as a limit. */
  readonly model: 'base' | 'adapter' | 'neutral'
}

/** One line as it is drawn. */
export interface Curve {
  readonly id: string
  readonly className: string
  /** recharts draws the marks outside the line's group, so the class alone would not reach them. */
  readonly colour: string
  readonly points: readonly Point[]
  /** As SVG's stroke-dasharray; null: solid. */
  readonly dashes: string | null
  readonly hasMarks: boolean
}

const known = new WeakMap<Series, readonly Curve[]>()

/**
 * The lines of a series, at most 500 points each, the faint one first so that the other lies on top. The same series gives
 * the same lines, so that one that did not grow is not drawn again.
 */
export function curvesOf(series: Series): readonly Curve[] {
  const curves = known.get(series) ?? makeCurves(series)
  known.set(series, curves)
  return curves
}

function makeCurves(series: Series): readonly Curve[] {
  const { id, model, points, role } = series
  const finite = points.filter(({ y }) => Number.isFinite(y))
  const curve = (kind: 'raw' | 'full', of: readonly Point[]): Curve => ({
    id: `${id}-${kind}`,
    className: `curve curve-${role} curve-${kind}`,
    colour: `var(--series-${model})`,
    points: downsample(of),
    // Raw points are noise, not a line to follow: a dash pattern there would only look like gaps.
    dashes: kind === 'full' ? dashesOf[series.precision] : null,
    hasMarks: role === 'validation',
  })
  if (series.isSmoothed !== true) return [curve('full', finite)]
  return [curve('raw', finite), curve('full', smoothed(series))]
}

/** The curve a person is meant to follow. */
export function smoothed({ points, isSmoothed }: Series): readonly Point[] {
  return isSmoothed === true ? smooth(points, smoothingFor(points.length)) : points
}

/** All x of all series once, ascending, with the value of each series there: the table behind a chart. */
export function tableOf(series: readonly Series[]): { x: number; values: (number | null)[] }[] {
  const rows = new Map<number, (number | null)[]>()
  series.forEach(({ points }, index) => {
    for (const { x, y } of points) {
      const row = rows.get(x) ?? series.map(() => null)
      row[index] = y
      rows.set(x, row)
    }
  })
  return [...rows].map(([x, values]) => ({ x, values })).toSorted((a, b) => a.x - b.x)
}
