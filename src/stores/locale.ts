// The language of the page.
import { create } from 'zustand'
import { readPreference, writePreference } from '../platform/preferences'
import { languages, type Language } from './language'

interface LocaleState {
  readonly language: Language
  readonly setLanguage: (language: Language) => void
}

export const useLocale = create<LocaleState>()((set) => ({
  language: firstLanguage(),
  setLanguage: (language) => {
    writePreference('language', language)
    set({ language })
  },
}))

function firstLanguage(): Language {
  const chosen = languages.find((language) => language === readPreference('language'))
  if (chosen) return chosen
  const wanted = globalThis.navigator?.languages?.find((tag) => /^(en|ko)\b/i.test(tag))
  return wanted?.toLowerCase().startsWith('ko') ? 'ko' : 'en'
}
