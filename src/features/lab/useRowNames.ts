// What a row is called, in the language of the page.
import type { BenchRow } from '../../engine/api'
import { useLocale } from '../../stores/locale'
import { useTexts } from '../../strings/useTexts'
import { sizeName } from './sizeNames'
import { labTexts } from './texts'
import { isStep } from './verdict'

interface RowNames {
  /** The kernel by its name in the code, or the step in words. */
  readonly short: (row: BenchRow) => string
  /** Its size, or the numbers that the step computes on. */
  readonly detail: (row: BenchRow) => string
  /** What a kernel does, for who does not know it by name; empty for a step. */
  readonly meaning: (row: BenchRow) => string
}

export function useRowNames(): RowNames {
  const texts: Readonly<Record<string, unknown>> = useTexts(labTexts)
  const language = useLocale((state) => state.language)
  const word = (key: string) => {
    const found = texts[key]
    return typeof found === 'string' ? found : null
  }
  return {
    short: (row) => (isStep(row) ? (word(row.name) ?? row.name) : row.what),
    detail: (row) => (isStep(row) ? row.precision : sizeName(row.name, language)),
    meaning: ({ what }) => word(what.split('/')[0] ?? '') ?? '',
  }
}
