import type { ReactNode } from 'react'
import style from './Figure.module.css'

export interface FigureProps {
  readonly label: ReactNode
  readonly value: ReactNode
  readonly unit?: ReactNode
  /** Spread and n, small after the value: "±9, n 5". */
  readonly spread?: ReactNode
  readonly note?: ReactNode
}

/** One number with its name. Put several into <Figures>. */
export function Figure({ label, value, unit, spread, note }: FigureProps) {
  return (
    <div className={style.figure}>
      <dt className={style.label}>{label}</dt>
      <dd className={style.line}>
        <span className={style.value}>{value}</span>
        {unit && <span className={style.unit}>{unit}</span>}
        {spread && <span className={style.spread}>{spread}</span>}
        {note && <span className={style.note}>{note}</span>}
      </dd>
    </div>
  )
}

/** A row of figures; they wrap and keep to a grid. */
export function Figures({ children }: { readonly children: ReactNode }) {
  return <dl className={style.figures}>{children}</dl>
}
