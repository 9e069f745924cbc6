// Light or dark: what the system says until a person says otherwise.
import { create } from 'zustand'
import { readPreference, writePreference } from '../platform/preferences'

export const themes = ['system', 'light', 'dark'] as const
export type Theme = (typeof themes)[number]

interface ThemeState {
  readonly theme: Theme
  readonly setTheme: (theme: Theme) => void
}

export const useTheme = create<ThemeState>()((set) => ({
  theme: themes.find((theme) => theme === readPreference('theme')) ?? 'system',
  setTheme: (theme) => {
    writePreference('theme', theme)
    set({ theme })
  },
}))
