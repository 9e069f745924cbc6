import { useSyncExternalStore } from 'react'
import { useTheme } from '../stores/theme'

const system = () => window.matchMedia('(prefers-color-scheme: dark)')

/** True when the page is drawn dark: by choice, or because the system is. */
export function useIsDark(): boolean {
  const theme = useTheme((state) => state.theme)
  const isSystemDark = useSyncExternalStore(
    (notify) => {
      const query = system()
      query.addEventListener('change', notify)
      return () => query.removeEventListener('change', notify)
    },
    () => system().matches,
  )
  return theme === 'system' ? isSystemDark : theme === 'dark'
}
