// Plain bars over an axis: counts in bins, or values in order.
import type { ReactNode } from 'react'
import style from './Bars.module.css'

const WIDTH = 640
const HEIGHT = 120

export interface BarsProps {
  readonly values: readonly number[]
  /** What the picture shows, for those who do not see it. */
  readonly label: string
  /** Words under the left end, the middle and the right end of the axis. */
  readonly ends: readonly [ReactNode, ReactNode, ReactNode]
  readonly series?: 'neutral' | 'adapter'
}

/** Heights go from 0 to the largest value; what is not zero is seen. */
export function Bars({ values, label, ends, series = 'neutral' }: BarsProps) {
  const most = Math.max(...values)
  const width = WIDTH / values.length
  const gap = Math.min(4, width / 5)
  return (
    <figure className={style.bars} data-series={series}>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
        {values.map((value, index) => {
          const height = value > 0 ? Math.max(1.5, (value / most) * HEIGHT) : 0
          return (
            <rect
              // A bar is its place.
              // oxlint-disable-next-line react/no-array-index-key
              key={index}
              x={index * width + gap / 2}
              y={HEIGHT - height}
              width={width - gap}
              height={height}
            />
          )
        })}
      </svg>
      <figcaption className={style.ends}>
        {ends.map((end, index) => (
          // oxlint-disable-next-line react/no-array-index-key
          <span key={index}>{end}</span>
        ))}
      </figcaption>
    </figure>
  )
}
