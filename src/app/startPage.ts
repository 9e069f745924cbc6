// What the page does once, before anything is drawn: the stores themselves know no document.
import { useAdapter } from '../stores/adapter'
import { useCapability } from '../stores/capability'
import { useDataset } from '../stores/dataset'
import { useLocale } from '../stores/locale'
import { useNotices } from '../stores/notices'
import { isAlive, useRun } from '../stores/run'
import { useTheme } from '../stores/theme'
import { followAddress } from './address'

export function startPage(): void {
  const root = document.documentElement
  const applyLanguage = () => {
    root.lang = useLocale.getState().language
  }
  const applyTheme = () => {
    const { theme } = useTheme.getState()
    if (theme === 'system') delete root.dataset.theme
    else root.dataset.theme = theme
  }
  applyLanguage()
  applyTheme()
  useLocale.subscribe(applyLanguage)
  useTheme.subscribe(applyTheme)

  followAddress()

  const { report } = useNotices.getState()
  window.addEventListener('unhandledrejection', (event) => report(event.reason))
  // A closed tab resumes from its checkpoint, but nobody should close one without meaning to.
  window.addEventListener('beforeunload', (event) => {
    if (isAlive(useRun.getState().state)) event.preventDefault()
  })

  void useCapability
    .getState()
    .check()
    .then(() => Promise.all([useRun.getState().refreshUnfinished(), useAdapter.getState().refresh()]))
  useDataset.getState().loadSamples().catch(report)
}
