// The drawing half of a line chart: axes, rules and lines by recharts. It knows nothing of the pointer, so that a
// moving crosshair never redraws a line.
import { memo, useMemo } from 'react'
import { CartesianGrid, Line, LineChart as Recharts, XAxis, YAxis } from 'recharts'
import type { Axis } from './axis'
import type { Curve } from './series'

export interface Margins {
  readonly top: number
  readonly right: number
  readonly bottom: number
  readonly left: number
}

interface Props {
  readonly curves: readonly Curve[]
  readonly xAxis: Axis
  readonly yAxis: Axis
  readonly width: number
  readonly height: number
  readonly margins: Margins
  readonly formatX: (value: number) => string
  readonly formatY: (value: number) => string
}

export const Curves = memo(function Curves({ curves, xAxis, yAxis, width, height, margins, formatX, formatY }: Props) {
  const margin = useMemo(() => ({ ...margins, left: 0, bottom: 0 }), [margins])
  return (
    <Recharts width={width} height={height} margin={margin} accessibilityLayer={false} tabIndex={-1}>
      <CartesianGrid vertical={false} stroke="var(--rule)" strokeWidth={1} />
      <Across axis={xAxis} size={margins.bottom} format={formatX} />
      <Up axis={yAxis} size={margins.left} format={formatY} />
      {curves.map((curve) => (
        <CurveLine key={curve.id} curve={curve} />
      ))}
    </Recharts>
  )
})

interface AxisProps {
  readonly axis: Axis
  /** Pixels beside the plot. */
  readonly size: number
  readonly format: (value: number) => string
}

const tick = { className: 'chart-tick' }
const acrossLine = { stroke: 'var(--rule-strong)' }

// Every one of recharts' parts tells its store what it was given whenever that is a new object, and the store then has
// the whole chart drawn. So each is left alone while it says the same, which the axes do for most of a run.

const Across = memo(function Across({ axis, size, format }: AxisProps) {
  return (
    <XAxis
      dataKey="x"
      type="number"
      domain={[axis.min, axis.max]}
      ticks={[...axis.ticks]}
      // recharts passes the index too, which a formatter may take for digits.
      tickFormatter={(value: number) => format(value)}
      height={size}
      interval="preserveStartEnd"
      allowDataOverflow
      tickLine={false}
      axisLine={acrossLine}
      tick={tick}
    />
  )
}, isSameAxis)

const Up = memo(function Up({ axis, size, format }: AxisProps) {
  return (
    <YAxis
      type="number"
      scale={axis.isLog ? 'log' : 'linear'}
      domain={[axis.min, axis.max]}
      ticks={[...axis.ticks]}
      tickFormatter={(value: number) => format(value)}
      width={size}
      interval={0}
      allowDataOverflow
      tickLine={false}
      axisLine={false}
      tick={tick}
    />
  )
}, isSameAxis)

function isSameAxis(a: AxisProps, b: AxisProps): boolean {
  const isSameScale = a.axis.isLog === b.axis.isLog && a.axis.min === b.axis.min && a.axis.max === b.axis.max
  return isSameScale && a.axis.ticks.join() === b.axis.ticks.join() && a.size === b.size && a.format === b.format
}

const CurveLine = memo(function CurveLine({ curve }: { readonly curve: Curve }) {
  const { className, colour, points, dashes, hasMarks } = curve
  return (
    <Line
      data={[...points]}
      dataKey="y"
      className={className}
      stroke={colour}
      {...(dashes ? { strokeDasharray: dashes } : {})}
      dot={hasMarks || points.length === 1 ? { r: 3.5, fill: colour, stroke: 'none', clipDot: false } : false}
      activeDot={false}
      type="linear"
      isAnimationActive={false}
    />
  )
})
