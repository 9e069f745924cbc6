// Rows of a .jsonl file, or of a JSON array whatever the file is called.
import type { ProblemLog } from './problemLog'
import type { Row } from './rows'

/** A row longer than this is a file in a row; parsing it would hold the worker up. */
const MAX_ROW_LENGTH = 8 * 1024 * 1024

export interface NumberedRow {
  /** 1-based line, or place in the array. */
  readonly line: number
  readonly columns: readonly string[]
  readonly row: Row
}

export function isJsonArray(text: string): boolean {
  return /^\s*\[/.test(text)
}

/** Rows that are no JSON objects go to the log. */
export function readJsonRows(text: string, log: ProblemLog): NumberedRow[] {
  return isJsonArray(text) ? readArray(text, log) : readLines(text, log)
}

function readArray(text: string, log: ProblemLog): NumberedRow[] {
  const values = parse(text)
  // JSON Lines of arrays also begin with a bracket.
  if (!Array.isArray(values)) return readLines(text, log)
  return (values as unknown[]).flatMap((value, index) => objectRow(value, index + 1, log))
}

function readLines(text: string, log: ProblemLog): NumberedRow[] {
  const lines = text.split(text.includes('\n') ? '\n' : '\r')
  return lines.flatMap((line, index) => {
    if (line.trim() === '') return []
    if (line.length > MAX_ROW_LENGTH) {
      log.add('row-too-long', index + 1)
      return []
    }
    const value = parse(line)
    if (value !== undefined) return objectRow(value, index + 1, log)
    log.add('row-not-json', index + 1)
    return []
  })
}

function objectRow(value: unknown, line: number, log: ProblemLog): NumberedRow[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    log.add('row-not-object', line)
    return []
  }
  const object = value as Record<string, unknown>
  const row: Row = (column) => (Object.hasOwn(object, column) ? object[column] : undefined)
  return [{ line, columns: Object.keys(object), row }]
}

/** Undefined when it is no JSON, or nested deeper than the parser can go. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
