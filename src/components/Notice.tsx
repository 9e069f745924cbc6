import type { ReactNode } from 'react'
import type { AppError } from '../base/errors'
import { errorTexts } from '../strings/errors'
import { termTexts } from '../strings/terms'
import { useTexts } from '../strings/useTexts'
import style from './Notice.module.css'

export type NoticeKind = 'good' | 'note' | 'warning' | 'wrong'

export interface NoticeProps {
  readonly kind: NoticeKind
  readonly title: ReactNode
  readonly children?: ReactNode
  /** Buttons: the next step. */
  readonly actions?: ReactNode
  /** Read aloud when it appears. */
  readonly isLive?: boolean
}

/** Something to know, with its kind as a word and not only as a colour. */
export function Notice({ kind, title, children, actions, isLive = false }: NoticeProps) {
  const terms = useTexts(termTexts)
  const role = isLive ? (kind === 'wrong' ? 'alert' : 'status') : undefined
  return (
    <div className={[style.notice, style[kind]].join(' ')} role={role}>
      <p className={style.title}>
        <span className={style.kind}>{terms[kind]}</span>
        {title}
      </p>
      {children && <div className={style.body}>{children}</div>}
      {actions && <div className={style.actions}>{actions}</div>}
    </div>
  )
}

export interface ErrorNoticeProps {
  readonly error: AppError
  /** What else is known of this one, before what to do. */
  readonly children?: ReactNode
  readonly actions?: ReactNode
  readonly kind?: NoticeKind
  readonly isLive?: boolean
}

/** An error as the catalogue tells it: what happened, why, what to do now. */
export function ErrorNotice({ error, children, actions, kind = 'wrong', isLive = true }: ErrorNoticeProps) {
  const texts = useTexts(errorTexts)
  const { title, action } = texts[error.code]
  return (
    <Notice kind={kind} title={title} actions={actions} isLive={isLive}>
      {children}
      <p>{action}</p>
      <details className={style.details}>
        <summary>{error.code}</summary>
        <code>{error.message}</code>
      </details>
    </Notice>
  )
}
