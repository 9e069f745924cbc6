import type { ReactNode } from 'react'
import style from './Progress.module.css'

export interface ProgressProps {
  readonly label: string
  /** 0 to 1; null while the end cannot be known. */
  readonly share: number | null
  /** Speed, time left. */
  readonly note?: ReactNode
}

/** How far, as a thin rule that fills. */
export function Progress({ label, share, note }: ProgressProps) {
  return (
    <div className={style.progress}>
      <div className={style.line}>
        <span>{label}</span>
        {note && <span className={style.note}>{note}</span>}
      </div>
      {share === null ? <progress aria-label={label} /> : <progress aria-label={label} value={share} max={1} />}
    </div>
  )
}
