import { useId, type ReactNode } from 'react'
import { termTexts } from '../strings/terms'
import { useTexts } from '../strings/useTexts'
import style from './Term.module.css'

export interface TermProps {
  /** The word, in plain text. */
  readonly word: string
  /** What it means, in a sentence or two. */
  readonly meaning: ReactNode
}

/** A word of the field with its meaning one press, hover or focus away. */
export function Term({ word, meaning }: TermProps) {
  const terms = useTexts(termTexts)
  const id = useId()
  return (
    <span className={style.term}>
      <button type="button" className={style.word} aria-describedby={id} aria-label={terms.showMeaning(word)}>
        {word}
      </button>
      <span role="tooltip" id={id} className={style.meaning}>
        {meaning}
      </span>
    </span>
  )
}
