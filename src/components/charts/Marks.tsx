// The layer over the curves: names at line ends, levels, marked points and the crosshair. Only this layer renders
// when the pointer moves.
import { positionOn, spreadLabels, type Axis } from './axis'
import { useCrosshairX, type Crosshair } from './crosshair'
import type { Margins } from './Curves'
import { labelWidth } from './labelWidth'
import style from './LineChart.module.css'
import { nearestPoint } from './point'
import { smoothed, type Level, type Series } from './series'

export interface EndLabel {
  readonly id: string
  readonly name: string
  readonly value: string
  /** Infinity: at the right edge. */
  readonly x: number
  readonly y: number
  readonly model: 'base' | 'adapter' | 'neutral'
  /** 0 at the lower end of the axis, 1 at its upper end. */
  readonly position: number
}

/** A point worth a ring and a word, such as the best validation. */
export interface PointMark {
  readonly x: number
  readonly y: number
  readonly name: string
  readonly model: 'base' | 'adapter'
}

interface Props {
  readonly series: readonly Series[]
  readonly levels: readonly Level[]
  readonly marks: readonly PointMark[]
  readonly labels: readonly EndLabel[]
  readonly xAxis: Axis
  readonly yAxis: Axis
  readonly width: number
  readonly height: number
  readonly margins: Margins
  readonly xName: string
  readonly formatY: (value: number) => string
  readonly crosshair: Crosshair
}

const LABEL_GAP = 16

export function Marks(props: Props) {
  const { levels, marks, labels, xAxis, yAxis, width, height, margins } = props
  const plotHeight = height - margins.top - margins.bottom
  const plotWidth = width - margins.left - margins.right
  const left = (x: number) => margins.left + plotWidth * Math.min(1, positionOn(xAxis, x))
  const top = (y: number) => margins.top + plotHeight * (1 - positionOn(yAxis, y))
  const heights = spreadLabels(
    labels.map(({ position }) => margins.top + plotHeight * (1 - position)),
    LABEL_GAP,
    margins.top + plotHeight,
  )
  return (
    <svg className={style.marks} width={width} height={height} aria-hidden="true">
      {levels.map(({ id, value, model }) => (
        <line
          key={id}
          className={`${style.level} ${style[model]}`}
          x1={margins.left}
          x2={width - margins.right}
          y1={top(value)}
          y2={top(value)}
        />
      ))}
      {marks.map(({ x, y, name, model }) => (
        <g key={name} className={style[model]}>
          <circle className={style.ring} cx={left(x)} cy={top(y)} r={7} />
          {plotWidth > 320 && (
            <text
              className={style.markName}
              x={left(x)}
              y={top(y) + (top(y) < margins.top + 24 ? 20 : -18)}
              // The curve comes from the left: the room is above and to the right.
              textAnchor={left(x) > width - margins.right - 90 ? 'end' : 'start'}
            >
              {name}
            </text>
          )}
        </g>
      ))}
      {labels.map(({ id, name, value, x, model }, index) => (
        <text key={id} className={`${style.endLabel} ${style[model]}`} x={left(x) + 14} y={heights[index]}>
          {name} <tspan className={style.endValue}>{value}</tspan>
        </text>
      ))}
      <CrosshairMarks {...props} left={left} top={top} />
    </svg>
  )
}

interface CrosshairProps extends Props {
  readonly left: (x: number) => number
  readonly top: (y: number) => number
}

function CrosshairMarks({
  series,
  crosshair,
  xAxis,
  width,
  height,
  margins,
  formatY,
  left,
  top,
  xName,
}: CrosshairProps) {
  const x = useCrosshairX(crosshair)
  if (x === null || x > xAxis.max) return null
  const found = series.flatMap((one) => {
    const points = smoothed(one)
    const point = nearestPoint(points, x)
    // Past its end a curve has its name and value standing there already.
    const isPast = x > (points.at(-1)?.x ?? 0) + 0.02 * xAxis.max
    return point && !isPast && Number.isFinite(point.y) ? [{ ...point, id: one.id, model: one.model }] : []
  })
  const bottom = height - margins.bottom
  const isRightHalf = left(x) > (width - margins.right + margins.left) / 2
  const heights = spreadLabels(
    found.map(({ y }) => top(y)),
    LABEL_GAP,
    bottom - 4,
  )
  const stepText = `${xName} ${x}`
  const stepWidth = labelWidth(stepText) + 12
  return (
    <g>
      <line className={style.crosshair} x1={left(x)} x2={left(x)} y1={margins.top} y2={bottom} />
      <rect className={style.crosshairPlate} x={left(x) - stepWidth / 2} y={bottom + 5} width={stepWidth} height={20} />
      <text className={style.crosshairStep} x={left(x)} y={bottom + 15}>
        {stepText}
      </text>
      {found.map(({ id, x: pointX, y, model }, index) => (
        <g key={id} className={style[model]}>
          <circle className={style.crosshairDot} cx={left(pointX)} cy={top(y)} r={3.5} />
          <text
            className={style.crosshairValue}
            // A validation is shown where it was measured, not where the pointer is.
            x={left(pointX) + (isRightHalf ? -10 : 10)}
            y={heights[index]}
            textAnchor={isRightHalf ? 'end' : 'start'}
          >
            {formatY(y)}
          </text>
        </g>
      ))}
    </g>
  )
}
