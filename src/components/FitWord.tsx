import { termTexts } from '../strings/terms'
import { useTexts } from '../strings/useTexts'
import type { Fit } from './fit'
import style from './FitWord.module.css'

/** The verdict, as a word with its colour. */
export function FitWord({ fit }: { readonly fit: Fit }) {
  const terms = useTexts(termTexts)
  return <strong className={style[fit]}>{terms[fit]}</strong>
}
