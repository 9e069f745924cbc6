// A roofline: what a device can do at best as a line, what ran on it as points. Every point has its name on hover, by touch
// and by the arrow keys; the table under the chart holds the same.
import { useId, useRef, useState, type KeyboardEvent, type ReactNode } from 'react'
import { precisions, type Precision } from '../../plan/precision'
import { useFormat, useTexts } from '../../strings/useTexts'
import { positionOn } from './axis'
import { ChartFiles } from './ChartFiles'
import type { Cell } from './csv'
import { labelWidth } from './labelWidth'
import lines from './LineChart.module.css'
import { isOnRoofline, nearestOnScreen, rooflineFrame, type Roof, type RooflinePoint } from './roofline'
import style from './RooflineChart.module.css'
import { rooflineTexts } from './rooflineTexts'
import { hatchOf } from './texture'
import { useThrottled } from './useThrottled'
import { useWidth } from './useWidth'

interface Props {
  readonly title: string
  readonly points: readonly RooflinePoint[]
  readonly roof: Roof
  /** Its name stands beside it while nothing else is pointed at. */
  readonly markedId: string | null
  /** What is said of the point that is pointed at. */
  readonly describe: (id: string) => ReactNode
  readonly header: readonly string[]
  readonly rows: readonly (readonly Cell[])[]
  readonly formatCell: (cell: number, column: number) => string
  readonly fileName: string
}

interface DrawnPoint extends RooflinePoint {
  readonly left: number
  readonly top: number
}

const GIGA = 1e9
const MARGIN = { top: 24, right: 16, bottom: 52 }
const REACH = 28
const NAME_ROOM = 19
const HATCH_LINE = 1.4

export function RooflineChart(props: Props) {
  const { title, roof, markedId, describe, header, rows, formatCell, fileName } = props
  const text = useTexts(rooflineTexts)
  const format = useFormat()
  const points = useThrottled(props.points)
  const [figure, width] = useWidth<HTMLElement>()
  const layers = useRef<HTMLDivElement>(null)
  const [activeId, setActiveId] = useState<string | null>(null)
  const id = useId()
  const hatchId = (precision: Precision) => `${id}-${precision}`
  /** undefined: solid ink. */
  const fillOf = (precision: Precision) => (hatchOf[precision] === null ? undefined : `url(#${hatchId(precision)})`)
  const height = width < 560 ? 340 : 460
  const frame = rooflineFrame(points, roof)
  const { xAxis, yAxis } = frame
  const tickText = (opsPerSecond: number) => format.significant(opsPerSecond / GIGA)
  const marginLeft = Math.max(...yAxis.ticks.map((tick) => labelWidth(tickText(tick)))) + 12
  const plotRight = width - MARGIN.right
  const plotBottom = height - MARGIN.bottom
  const left = (x: number) => marginLeft + (plotRight - marginLeft) * positionOn(xAxis, x)
  const top = (y: number) => MARGIN.top + (plotBottom - MARGIN.top) * (1 - positionOn(yAxis, y))
  const drawn: DrawnPoint[] = points
    .filter(isOnRoofline)
    .map((point) => ({ ...point, left: left(point.x), top: top(point.y) }))
    .toSorted((a, b) => a.x - b.x)
  const shownId = activeId ?? markedId
  const shown = drawn.find((point) => point.id === shownId) ?? null
  // One stop for Tab; the arrow keys go on from there.
  const tabStop = drawn.find((point) => point.id === activeId) ?? drawn[0]

  function onKey(event: KeyboardEvent<SVGGElement>, at: number) {
    const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key]
    const next = step === undefined ? undefined : drawn[(at + step + drawn.length) % drawn.length]
    if (!next) return
    event.preventDefault()
    layers.current?.querySelector<SVGGElement>(`[data-point="${CSS.escape(next.id)}"]`)?.focus()
  }

  // On a short axis a decade has six ticks: those at 1 and 3 are enough to read by.
  const yTicks =
    yAxis.ticks.length > 9 ? yAxis.ticks.filter((tick) => /^[13]e/.test(tick.toExponential())) : yAxis.ticks
  const xTickEvery = Math.ceil(xAxis.ticks.length / Math.max(2, Math.floor(width / 64)))
  const [foot, ridge] = frame.roof
  const slope = { dx: left(ridge.x) - left(foot.x), dy: top(ridge.y) - top(foot.y) }
  // The name of a roof stands on it; under it only where the roof above is too near.
  const int8Corner = frame.int8Roof?.at(-2)
  const gap = int8Corner ? top(ridge.y) - top(int8Corner.y) : Infinity
  const nameOffset = (below: number) => (below > 0 && below < NAME_ROOM ? 13 : -12)
  return (
    <figure ref={figure} className={lines.figure} aria-labelledby={`${id}-title`}>
      <figcaption className={lines.caption}>
        <span id={`${id}-title`} className={lines.title}>
          {title} <span className={lines.unit}>GFLOP/s</span>
        </span>
        <span className={style.key}>
          {precisions.map((precision) => (
            <Sample key={precision} words={text[precision]} precision={precision} fill={fillOf(precision)} />
          ))}
          <Sample words={text.step} precision="float32" radius={8} />
        </span>
      </figcaption>
      <div
        ref={layers}
        className={lines.layers}
        onPointerMove={(event) => {
          const box = event.currentTarget.getBoundingClientRect()
          const at = { left: event.clientX - box.left, top: event.clientY - box.top }
          setActiveId(nearestOnScreen(drawn, at, REACH)?.id ?? null)
        }}
        onPointerLeave={() => setActiveId(null)}
      >
        {width > 0 && (
          <svg
            className={style.chart}
            width={width}
            height={height}
            // An SVG cannot be a <fieldset>.
            // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role
            role="group"
            aria-label={text.summary(
              format.count(drawn.length),
              format.significant(roof.opsPerSecond / GIGA),
              format.significant(roof.bytesPerSecond / GIGA),
            )}
          >
            <defs>
              {precisions.map((precision) => {
                const times = hatchOf[precision]
                const hatch = (times ?? 1) * HATCH_LINE
                return times === null ? null : (
                  <pattern
                    key={precision}
                    id={hatchId(precision)}
                    width={hatch}
                    height={hatch}
                    patternUnits="userSpaceOnUse"
                    patternTransform="rotate(45)"
                  >
                    <rect width={hatch} height={hatch} className={style.paper} />
                    <rect width={HATCH_LINE} height={hatch} className={style.inked} />
                  </pattern>
                )
              })}
            </defs>
            <g aria-hidden="true">
              {yTicks.map((tick) => (
                <g key={tick}>
                  <line className={style.rule} x1={marginLeft} x2={plotRight} y1={top(tick)} y2={top(tick)} />
                  <text className={style.tick} x={marginLeft - 8} y={top(tick)} textAnchor="end">
                    {tickText(tick)}
                  </text>
                </g>
              ))}
              <line className={style.rule} x1={marginLeft} x2={plotRight} y1={plotBottom} y2={plotBottom} />
              {xAxis.ticks.map((tick, index) => (
                <g key={tick}>
                  <line className={style.notch} x1={left(tick)} x2={left(tick)} y1={plotBottom} y2={plotBottom + 5} />
                  {index % xTickEvery === 0 && (
                    <text className={style.tick} x={left(tick)} y={plotBottom + 16} textAnchor="middle">
                      {format.significant(tick)}
                    </text>
                  )}
                </g>
              ))}
              <text className={style.tick} x={(marginLeft + plotRight) / 2} y={height - 10} textAnchor="middle">
                {text.xName}
              </text>
              {frame.int8Roof && <polyline className={style.int8Roof} points={pathOf(frame.int8Roof)} />}
              <polyline className={style.roof} points={pathOf(frame.roof)} />
              <text
                className={style.roofName}
                transform={`translate(${left(foot.x) + slope.dx * 0.5}, ${top(foot.y) + slope.dy * 0.5}) rotate(${(Math.atan2(slope.dy, slope.dx) * 180) / Math.PI})`}
                y={-12}
                textAnchor="middle"
              >
                {text.memoryRoof(format.significant(roof.bytesPerSecond / GIGA))}
              </text>
              {roofName(ridge, nameOffset(gap), text.arithmeticRoof(tickText(roof.opsPerSecond)))}
              {int8Corner && roofName(int8Corner, nameOffset(-gap), text.int8Roof(tickText(int8Corner.y)))}
            </g>
            {drawn.map((point, index) => (
              // A point is a picture with a name, and the arrow keys go from one to the next.
              <g
                key={point.id}
                className={style.point}
                data-point={point.id}
                data-precision={point.precision}
                // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role
                role="img"
                aria-label={text.point(
                  `${point.name}, ${point.detail}`,
                  tickText(point.y),
                  format.significant(point.x),
                )}
                // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
                tabIndex={point === tabStop ? 0 : -1}
                onFocus={() => setActiveId(point.id)}
                onBlur={() => setActiveId(null)}
                onKeyDown={(event) => onKey(event, index)}
              >
                <circle cx={point.left} cy={point.top} r={radiusOf(point)} style={{ fill: fillOf(point.precision) }} />
              </g>
            ))}
            {shown && <ShownName point={shown} width={width} isRinged={activeId !== null} />}
          </svg>
        )}
      </div>
      <p className={style.readout}>{activeId === null ? text.hint : describe(activeId)}</p>
      <ChartFiles
        fileName={fileName}
        title={`${title}, GFLOP/s`}
        layers={layers}
        header={header}
        readRows={() => rows}
        formatCell={formatCell}
      />
    </figure>
  )

  /** From the corner of its roof on, where it fits: kernels gather at the other end. */
  function roofName(corner: { readonly x: number; readonly y: number }, offset: number, words: string) {
    const start = left(corner.x) + 8
    const fits = start + 1.15 * labelWidth(words) < plotRight
    return (
      <text
        className={style.roofName}
        x={fits ? start : plotRight}
        y={top(corner.y) + offset}
        textAnchor={fits ? 'start' : 'end'}
      >
        {words}
      </text>
    )
  }

  function pathOf(corners: readonly { readonly x: number; readonly y: number }[]): string {
    return corners.map(({ x, y }) => `${left(x)},${top(y)}`).join(' ')
  }
}

function ShownName({
  point,
  width,
  isRinged,
}: {
  readonly point: DrawnPoint
  readonly width: number
  readonly isRinged: boolean
}) {
  const reach = radiusOf(point) + 9
  const isRight = point.left + reach + labelWidth(point.name) > width
  return (
    <g aria-hidden="true">
      {isRinged && <circle className={style.ring} cx={point.left} cy={point.top} r={radiusOf(point) + 4} />}
      <text
        className={style.name}
        x={point.left + (isRight ? -reach : reach)}
        y={point.top}
        textAnchor={isRight ? 'end' : 'start'}
      >
        {point.name}
      </text>
    </g>
  )
}

function Sample({
  words,
  precision,
  fill,
  radius = 5,
}: {
  readonly words: string
  readonly precision: Precision
  readonly fill?: string | undefined
  readonly radius?: number
}) {
  return (
    <span className={style.sample}>
      <svg className={style.point} data-precision={precision} width={18} height={18} aria-hidden="true">
        <circle cx={9} cy={9} r={radius} style={{ fill }} />
      </svg>
      {words}
    </span>
  )
}

function radiusOf({ isStep }: Pick<RooflinePoint, 'isStep'>): number {
  return isStep ? 8 : 5
}
