import { useId, useRef, type ReactNode } from 'react'
import { Button } from './Button'
import style from './useQuestion.module.css'

export interface QuestionOptions {
  readonly title: string
  /** What is lost, and what stays. */
  readonly body: string
  readonly yes: string
  readonly no: string
  readonly onYes: () => void
}

/** Asks once before something that cannot be undone: `ask` opens `question`, which stands anywhere. */
export function useQuestion({ title, body, yes, no, onYes }: QuestionOptions): {
  readonly ask: () => void
  readonly question: ReactNode
} {
  const dialog = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  const question = (
    <dialog ref={dialog} aria-labelledby={titleId}>
      <div className={style.question}>
        <h2 id={titleId}>{title}</h2>
        <p>{body}</p>
        <div className={style.answers}>
          <Button kind="main" onClick={onYes}>
            {yes}
          </Button>
          <Button onClick={() => dialog.current?.close()}>{no}</Button>
        </div>
      </div>
    </dialog>
  )
  return { ask: () => dialog.current?.showModal(), question }
}
