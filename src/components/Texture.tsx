import type { Precision } from '../plan/precision'
import { dashesOf } from './charts/texture'

/** A line in the texture that stands for the precision on every chart. */
export function Texture({
  precision,
  width,
  className,
}: {
  readonly precision: Precision
  readonly width: number | '100%'
  readonly className: string | undefined
}) {
  const dashes = dashesOf[precision]
  return (
    <svg className={className} width={width} height="3" aria-hidden="true">
      <line x1="0" x2={width} y1="1.5" y2="1.5" {...(dashes ? { strokeDasharray: dashes } : {})} />
    </svg>
  )
}
