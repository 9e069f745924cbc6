// Rows of CSV (RFC 4180): quoted fields may hold delimiters, line ends and doubled quotes. The delimiter is
// whichever of comma, semicolon and tab stands most often in the header, outside of quotes.
import type { ProblemLog } from './problemLog'
import type { NumberedRow } from './rows'
import { MAX_COLUMNS } from './tableLimits'

export interface CsvOptions {
  /** Rows with another number of fields are read as far as they go; otherwise they are left out. */
  readonly keepsRagged?: boolean
}

/** Rows with another number of fields than the header go to the log. */
export function readCsvRows(text: string, log: ProblemLog, { keepsRagged = false }: CsvOptions = {}): NumberedRow[] {
  const { records, unclosedLine } = parseRecords(text, delimiterOf(text))
  const [header, ...rest] = records
  if (unclosedLine !== undefined) log.add('quote-not-closed', unclosedLine)
  if (header === undefined) return []
  if (header.fields.length > MAX_COLUMNS) {
    log.add('row-unknown-columns', 1)
    return []
  }
  const columns = header.fields.map((name) => name.trim())
  // Of two columns with one name the first counts.
  const places = new Map([...columns.entries()].reverse().map(([place, name]) => [name, place]))
  const named = [...new Set(columns)].filter((name) => name !== '')
  return rest.flatMap(({ fields, line }) => {
    if (fields.every((field) => field === '')) return []
    if (line === unclosedLine) return []
    if (fields.length !== columns.length && !hasOnlyEmptySurplus(fields, columns.length)) {
      log.add('ragged-row', line)
      if (!keepsRagged) return []
    }
    return [{ line, columns: named, row: (column: string) => fields[places.get(column) ?? -1] }]
  })
}

/** Spreadsheets end each row with a delimiter for every column that was ever used. */
function hasOnlyEmptySurplus(fields: readonly string[], columns: number): boolean {
  return fields.length > columns && fields.slice(columns).every((field) => field.trim() === '')
}

interface CsvRecord {
  readonly line: number
  readonly fields: string[]
}

function delimiterOf(text: string): string {
  const start = text.slice(0, 65_536).replace(/"[^"]*"/g, '')
  const header = start.split(/[\r\n]/, 1)[0] ?? ''
  const counts = [',', ';', '\t'].map((delimiter) => ({ delimiter, count: header.split(delimiter).length }))
  return counts.reduce((best, next) => (next.count > best.count ? next : best)).delimiter
}

/** unclosedLine: where the record begins that has a quote without an end, and holds all the rest of the file. */
function parseRecords(text: string, delimiter: string): { records: CsvRecord[]; unclosedLine: number | undefined } {
  const records: CsvRecord[] = []
  const special = new RegExp(`[${delimiter}\r\n]`, 'g')
  let record: CsvRecord = { line: 1, fields: [] }
  let unclosedLine: number | undefined
  let line = 1
  let at = 0
  while (at < text.length) {
    let field = ''
    if (text[at] === '"') {
      const { value, end, isClosed } = quotedField(text, at + 1)
      if (!isClosed) unclosedLine = record.line
      field = value
      line += text.slice(at, end).split('\n').length - 1
      at = end
    }
    special.lastIndex = at
    const end = special.exec(text)?.index ?? text.length
    record.fields.push(field + text.slice(at, end))
    const stop = text[end]
    at = end + (stop === '\r' && text[end + 1] === '\n' ? 2 : 1)
    if (stop === delimiter && at < text.length) continue
    // A delimiter at the very end begins one more, empty, field.
    if (stop === delimiter) record.fields.push('')
    records.push(record)
    line++
    record = { line, fields: [] }
  }
  return { records, unclosedLine }
}

/** A field from behind its opening quote; one that is never closed goes up to the end. */
function quotedField(text: string, start: number): { value: string; end: number; isClosed: boolean } {
  let value = ''
  let from = start
  for (;;) {
    const quote = text.indexOf('"', from)
    if (quote === -1) return { value: value + text.slice(from), end: text.length, isClosed: false }
    value += text.slice(from, quote)
    if (text[quote + 1] !== '"') return { value, end: quote + 1, isClosed: true }
    value += '"'
    from = quote + 2
  }
}
