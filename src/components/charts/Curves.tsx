// The drawing half of a line chart: axes, rules and lines by recharts. It knows nothing of the pointer, so that a
// moving crosshair never redraws a line.
import { memo } from 'react'
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
  return (
    <Recharts
      width={width}
      height={height}
      margin={{ ...margins, left: 0, bottom: 0 }}
      accessibilityLayer={false}
      tabIndex={-1}
    >
      <CartesianGrid vertical={false} stroke="var(--rule)" strokeWidth={1} />
      <XAxis
        dataKey="x"
        type="number"
        domain={[xAxis.min, xAxis.max]}
        ticks={[...xAxis.ticks]}
        // recharts passes the index too, which a formatter may take for digits.
        tickFormatter={(value: number) => formatX(value)}
        height={margins.bottom}
        interval="preserveStartEnd"
        allowDataOverflow
        tickLine={false}
        axisLine={{ stroke: 'var(--rule-strong)' }}
        tick={{ className: 'chart-tick' }}
      />
      <YAxis
        type="number"
        scale={yAxis.isLog ? 'log' : 'linear'}
        domain={[yAxis.min, yAxis.max]}
        ticks={[...yAxis.ticks]}
        tickFormatter={(value: number) => formatY(value)}
        width={margins.left}
        interval={0}
        allowDataOverflow
        tickLine={false}
        axisLine={false}
        tick={{ className: 'chart-tick' }}
      />
      {curves.map(({ id, className, colour, points, isDashed, hasMarks }) => (
        <Line
          key={id}
          data={[...points]}
          dataKey="y"
          className={className}
          stroke={colour}
          {...(isDashed ? { strokeDasharray: '5 3' } : {})}
          dot={hasMarks || points.length === 1 ? { r: 3.5, fill: colour, stroke: 'none', clipDot: false } : false}
          activeDot={false}
          type="linear"
          isAnimationActive={false}
        />
      ))}
    </Recharts>
  )
})
