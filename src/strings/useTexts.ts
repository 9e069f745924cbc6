import { useMemo } from 'react'
import { useLocale } from '../stores/locale'
import { formattersFor, type Formatters } from './format'
import type { Language } from './texts'

/** The texts of a feature in the language of the page. */
export function useTexts<T>(texts: Readonly<Record<Language, T>>): T {
  return texts[useLocale((state) => state.language)]
}

/** The one way numbers become text, in the language of the page. */
export function useFormat(): Formatters {
  const language = useLocale((state) => state.language)
  return useMemo(() => formattersFor(language), [language])
}
