// Curves over training steps: recharts draws them (Curves.tsx), this component adds what a reader needs around
// them: names at the ends, a crosshair shared by the charts of a run, a log scale, and the same data as a table.
import { memo, useEffect, useId, useMemo, useRef, useState } from 'react'
import { useFormat, useTexts } from '../../strings/useTexts'
import { linearAxis, logAxis, positionOn, valueAt, type Axis } from './axis'
import { ChartFiles } from './ChartFiles'
import { useCrosshair } from './crosshair'
import { Curves, type Margins } from './Curves'
import { labelWidth } from './labelWidth'
import style from './LineChart.module.css'
import { Marks, type EndLabel, type PointMark } from './Marks'
import { curvesOf, smoothed, tableOf, type Level, type Series } from './series'
import { chartTexts } from './texts'
import { useThrottled } from './useThrottled'
import { useWidth } from './useWidth'

interface Props {
  readonly title: string
  /** What the y axis counts; quiet, after the title. */
  readonly unit: string
  readonly series: readonly Series[]
  readonly levels?: readonly Level[]
  readonly marks?: readonly PointMark[]
  /** What x counts, for the axis and the table. */
  readonly xName: string
  /** The last x there will be: new points appear where they belong. */
  readonly xEnd: number
  readonly height?: number
  readonly formatY: (value: number) => string
  /** For the ticks, where a shorter form may do. */
  readonly formatTick?: (value: number) => string
  /** Values that must be on the axis, such as zero. */
  readonly includes?: readonly number[]
  readonly canBeLog?: boolean
  /** What will appear here, and when. */
  readonly empty: string
  readonly fileName: string
}

const none: readonly never[] = []

export function LineChart({ series, levels = none, marks = none, ...rest }: Props) {
  // All of it at once: a level that came before its curve would draw the chart twice.
  const drawn = useMemo(() => ({ series, levels, marks }), [series, levels, marks])
  return <Drawing {...rest} {...useThrottled(drawn)} />
}

const Drawing = memo(function Drawing(props: Props & Required<Pick<Props, 'levels' | 'marks'>>) {
  const { title, unit, xName, xEnd, height = 260, formatY, formatTick = formatY, canBeLog = false, fileName } = props
  const { series, levels, marks, includes = none } = props
  const text = useTexts(chartTexts)
  const format = useFormat()
  const [figure, width] = useWidth<HTMLElement>()
  const layers = useRef<HTMLDivElement>(null)
  const [isLog, setIsLog] = useState(false)
  const crosshair = useCrosshair()
  const titleId = useId()
  useKeyL(figure, canBeLog, () => setIsLog((was) => !was))

  const drawn = useMemo(() => {
    const curves = series.flatMap(curvesOf)
    const ys = [...curves.flatMap(({ points }) => points.map(({ y }) => y)), ...levels.map(({ value }) => value)]
    const yAxis = (isLog ? logAxis(ys) : null) ?? linearAxis(ys, includes, height < 200 ? 3 : 5)
    const end = Math.max(xEnd, 1)
    const steps = linearAxis([0, end], [], width < 480 ? 4 : 8)
    const xAxis: Axis = { min: 0, max: end, ticks: steps.ticks.filter((tick) => tick <= end), isLog: false }
    return { curves, xAxis, yAxis }
  }, [series, levels, includes, isLog, xEnd, height, width])
  const { curves, xAxis, yAxis } = drawn

  const labels = endLabels(series, levels, formatY)
  const tickWidth = Math.max(...yAxis.ticks.map((tick) => labelWidth(formatTick(tick))))
  const right = Math.max(24, ...labels.map((label) => labelWidth(`${label.name} ${label.value}`) + 20))
  const margins = useMemo<Margins>(
    () => ({ top: 12, right: Math.min(right, width * 0.4), bottom: 28, left: tickWidth + 12 }),
    [right, tickWidth, width],
  )
  const hasPoints = curves.some(({ points }) => points.length > 0)

  const summary = text.summary(
    `${title}, ${unit}`,
    [
      ...series.filter(({ points }) => points.length > 0).map((one) => sentenceOf(one)),
      ...levels.map((level) => text.level(level.name, formatY(level.value))),
    ].join(' '),
  )

  function sentenceOf(one: Series): string {
    const points = smoothed(one)
    const [first, last] = [points[0], points.at(-1)]
    if (!first || !last) return ''
    const least = Math.min(...points.map(({ y }) => y))
    const at = (x: number) => `${xName} ${format.count(x)}`
    return text.curve(one.name, formatY(first.y), at(first.x), formatY(last.y), at(last.x), formatY(least))
  }

  return (
    <figure ref={figure} className={style.figure} aria-labelledby={titleId}>
      <figcaption className={style.caption}>
        <span id={titleId} className={style.title}>
          {title} <span className={style.unit}>{unit}</span>
        </span>
        {canBeLog && hasPoints && (
          <button
            type="button"
            className={style.toggle}
            aria-pressed={isLog}
            aria-keyshortcuts="l"
            title={text.logScaleKey}
            onClick={() => setIsLog(!isLog)}
          >
            {text.logScale}
          </button>
        )}
      </figcaption>
      {hasPoints ? (
        <>
          <div
            ref={layers}
            className={style.layers}
            // Two layers of SVG cannot be an <img>.
            // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role
            role="img"
            aria-label={summary}
            onPointerMove={(event) => {
              const { left } = event.currentTarget.getBoundingClientRect()
              const share = (event.clientX - left - margins.left) / (width - margins.left - margins.right)
              crosshair.set(share < -0.02 || share > 1.02 ? null : Math.round(valueAt(xAxis, clamp(share))))
            }}
            onPointerLeave={() => crosshair.set(null)}
          >
            {width > 0 && (
              <>
                <Curves
                  curves={curves}
                  xAxis={xAxis}
                  yAxis={yAxis}
                  width={width}
                  height={height}
                  margins={margins}
                  formatX={format.count}
                  formatY={formatTick}
                />
                <Marks
                  series={series}
                  levels={levels}
                  marks={marks}
                  labels={labels.map((label) => ({ ...label, position: positionOn(yAxis, label.y) }))}
                  xAxis={xAxis}
                  yAxis={yAxis}
                  width={width}
                  height={height}
                  margins={margins}
                  xName={xName}
                  formatY={formatY}
                  crosshair={crosshair}
                />
              </>
            )}
          </div>
          <ChartFiles
            fileName={fileName}
            title={`${title}, ${unit}`}
            layers={layers}
            header={[xName, ...series.map(({ name }) => name)]}
            readRows={() => tableOf(series).map(({ x, values }) => [x, ...values])}
            formatCell={(cell, column) => (column === 0 ? format.count(cell) : formatY(cell))}
          />
        </>
      ) : (
        <p className={`${style.empty} ${height > 200 ? style.tall : ''}`}>{props.empty}</p>
      )}
    </figure>
  )
})

function endLabels(
  series: readonly Series[],
  levels: readonly Level[],
  formatY: (value: number) => string,
): Omit<EndLabel, 'position'>[] {
  const ends = series.flatMap((one) => {
    const last = smoothed(one).findLast(({ y }) => Number.isFinite(y))
    if (!last) return []
    // One curve alone is named by the title.
    const name = series.length > 1 ? one.name : ''
    return [{ id: one.id, name, value: formatY(last.y), x: last.x, y: last.y, model: one.model }]
  })
  const across = levels.map(({ id, name, value, model }) => ({
    id,
    name,
    value: formatY(value),
    x: Infinity,
    y: value,
    model,
  }))
  return [...ends, ...across]
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share))
}

/** The key L while the pointer or the focus is on the chart, so that it never takes a letter from a text field. */
function useKeyL(figure: React.RefObject<HTMLElement | null>, isEnabled: boolean, toggle: () => void): void {
  const latest = useRef(toggle)
  useEffect(() => {
    latest.current = toggle
  })
  useEffect(() => {
    if (!isEnabled) return
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'l' || event.ctrlKey || event.metaKey || event.altKey) return
      if (event.target instanceof HTMLElement && event.target.matches('input, textarea, select')) return
      if (figure.current?.matches(':hover, :focus-within') === true) latest.current()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [figure, isEnabled])
}
