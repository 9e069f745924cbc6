// Rows of CSV (RFC 4180): quoted fields may hold delimiters, line ends and doubled quotes. The delimiter is
// whichever of comma, semicolon and tab stands most often in the header.
import type { NumberedRow } from './jsonRows'
import type { ProblemLog } from './problemLog'

const MAX_COLUMNS = 4096

/** Rows with another number of fields than the header go to the log. */
export function readCsvRows(text: string, log: ProblemLog): NumberedRow[] {
  const records = parseRecords(text, delimiterOf(text))
  const [header, ...rest] = records
  if (header === undefined) return []
  if (header.fields.length > MAX_COLUMNS) {
    log.add('row-unknown-columns', 1)
    return []
  }
  const columns = header.fields.map((name) => name.trim().toLowerCase())
  // Of two columns with one name the first counts.
  const places = new Map([...columns.entries()].reverse().map(([place, name]) => [name, place]))
  return rest.flatMap(({ fields, line }) => {
    if (fields.length === 1 && fields[0] === '') return []
    if (fields.length !== columns.length) {
      log.add('ragged-row', line)
      return []
    }
    return [{ line, columns, row: (column: string) => fields[places.get(column) ?? -1] }]
  })
}

interface CsvRecord {
  readonly line: number
  readonly fields: string[]
}

function delimiterOf(text: string): string {
  const header = text.slice(0, 65_536).split(/[\r\n]/, 1)[0] ?? ''
  const counts = [',', ';', '\t'].map((delimiter) => ({ delimiter, count: header.split(delimiter).length }))
  return counts.reduce((best, next) => (next.count > best.count ? next : best)).delimiter
}

function parseRecords(text: string, delimiter: string): CsvRecord[] {
  const records: CsvRecord[] = []
  const special = new RegExp(`[${delimiter}\r\n]`, 'g')
  let record: CsvRecord = { line: 1, fields: [] }
  let line = 1
  let at = 0
  while (at < text.length) {
    let field = ''
    if (text[at] === '"') {
      const { value, end } = quotedField(text, at + 1)
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
  return records
}

/** A field from behind its opening quote; one that is never closed goes up to the end. */
function quotedField(text: string, start: number): { value: string; end: number } {
  let value = ''
  let from = start
  for (;;) {
    const quote = text.indexOf('"', from)
    if (quote === -1) return { value: value + text.slice(from), end: text.length }
    value += text.slice(from, quote)
    if (text[quote + 1] !== '"') return { value, end: quote + 1 }
    value += '"'
    from = quote + 2
  }
}
