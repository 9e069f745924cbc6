import type { ReactNode } from 'react'
import style from './Place.module.css'

export interface PlaceProps {
  readonly title: string
  /** What one does here, in a sentence. */
  readonly lead?: ReactNode
  /** The next step: one visible button. */
  readonly next?: ReactNode
  readonly children: ReactNode
}

/** The frame of one of the places: heading, a sentence, the next step, sections. */
export function PlaceFrame({ title, lead, next, children }: PlaceProps) {
  return (
    <div className={style.place}>
      <header className={style.header}>
        <div className={style.words}>
          <h1 id="place-title" tabIndex={-1}>
            {title}
          </h1>
          {lead && <p className={style.lead}>{lead}</p>}
        </div>
        {next && <div className={style.next}>{next}</div>}
      </header>
      {children}
    </div>
  )
}

export interface SectionProps {
  readonly title: ReactNode
  readonly note?: ReactNode
  /** Small controls at the end of the heading's line. */
  readonly tools?: ReactNode
  readonly children: ReactNode
}

/** A part of a place, under a thin rule. */
export function Section({ title, note, tools, children }: SectionProps) {
  return (
    <section className={style.section}>
      <div className={style.sectionHeader}>
        <h2>{title}</h2>
        {tools && <div className={style.tools}>{tools}</div>}
        {note && <p className={style.note}>{note}</p>}
      </div>
      {children}
    </section>
  )
}

export interface EmptyProps {
  /** What will appear here, and when. */
  readonly children: ReactNode
  readonly action?: ReactNode
}

/** Nothing yet: says what will be here and how to get it. */
export function Empty({ children, action }: EmptyProps) {
  return (
    <div className={style.empty}>
      <p>{children}</p>
      {action && <div>{action}</div>}
    </div>
  )
}
