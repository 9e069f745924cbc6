// Rows of a .jsonl file, or of a JSON document whatever the file is called: an array, an object with an
// array in it, or objects one after the other, each over several lines.
import type { ProblemLog } from './problemLog'
import type { NumberedRow, Row } from './rows'

/** A row longer than this is a file in a row; parsing it would hold the worker up. */
const MAX_ROW_LENGTH = 8 * 1024 * 1024

export function isJsonArray(text: string): boolean {
  return /^\s*\[/.test(text)
}

/** Rows that are no JSON objects go to the log. */
export function readJsonRows(text: string, log: ProblemLog): NumberedRow[] {
  if (isJsonArray(text)) return readArray(text, log)
  return readPrettyPrinted(text, log) ?? readLines(text, log)
}

function readArray(text: string, log: ProblemLog): NumberedRow[] {
  const values = parse(text)
  // JSON Lines of arrays also begin with a bracket.
  if (!Array.isArray(values)) return readLines(text, log)
  return (values as unknown[]).flatMap((value, index) => objectRow(value, index + 1, log))
}

/** Undefined when the file is better read line by line: its first line is whole, or its braces do not match. */
function readPrettyPrinted(text: string, log: ProblemLog): NumberedRow[] | undefined {
  const trimmed = text.trimStart()
  const [first = ''] = trimmed.slice(0, MAX_ROW_LENGTH).split(/[\r\n]/, 1)
  if (!trimmed.startsWith('{') || first.length > MAX_ROW_LENGTH) return undefined
  if (first.trimEnd().endsWith('}') && parse(first) !== undefined && first.length < trimmed.trimEnd().length) {
    return undefined
  }
  const whole = parse(text)
  if (whole !== undefined) {
    const inside = onlyArrayOfObjects(whole)
    return inside ? inside.flatMap((value, index) => objectRow(value, index + 1, log)) : objectRow(whole, 1, log)
  }
  const objects = topLevelObjects(text).map(({ json, line }) => ({
    line,
    isTooLong: json.length > MAX_ROW_LENGTH,
    value: json.length > MAX_ROW_LENGTH ? undefined : parse(json),
  }))
  if (2 * objects.filter(({ value }) => value !== undefined).length <= objects.length) return undefined
  return objects.flatMap(({ line, isTooLong, value }) => {
    if (value !== undefined) return objectRow(value, line, log)
    log.add(isTooLong ? 'row-too-long' : 'row-not-json', line)
    return []
  })
}

/** `{"data": [{…}, {…}]}`: the rows, when one value of the object is a list of objects and no other is. */
function onlyArrayOfObjects(value: unknown): unknown[] | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const object = value as Record<string, unknown>
  // A conversation is a row whose one list of objects is its messages.
  if (Object.keys(object).some((key) => /^(messages|conversations?)$/i.test(key))) return undefined
  const lists = Object.values(object).filter(
    (part): part is unknown[] => Array.isArray(part) && part.length > 0 && part.every(isObject),
  )
  return lists.length === 1 ? lists[0] : undefined
}

/** Objects that stand one after the other, found by their braces outside of strings. */
function topLevelObjects(text: string): { json: string; line: number }[] {
  const objects: { json: string; line: number }[] = []
  const mark = /["{}\n]/g
  let depth = 0
  let start = 0
  let line = 1
  let startLine = 1
  for (let match = mark.exec(text); match; match = mark.exec(text)) {
    if (match[0] === '\n') line++
    else if (match[0] === '{') {
      if (depth++ > 0) continue
      start = match.index
      startLine = line
    } else if (match[0] === '}') {
      if (depth > 0 && --depth === 0) objects.push({ json: text.slice(start, match.index + 1), line: startLine })
    } else mark.lastIndex = endOfString(text, match.index + 1)
  }
  if (depth > 0) objects.push({ json: text.slice(start), line: startLine })
  return objects
}

function endOfString(text: string, start: number): number {
  for (let i = start; i < text.length; i++) {
    const unit = text[i]
    if (unit === '\\') i++
    else if (unit === '"' || unit === '\n') return unit === '"' ? i + 1 : i
  }
  return text.length
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
  if (!isObject(value)) {
    log.add('row-not-object', line)
    return []
  }
  return [numberedRow(value, line)]
}

export function numberedRow(object: Readonly<Record<string, unknown>>, line: number): NumberedRow {
  const row: Row = (column) => (Object.hasOwn(object, column) ? object[column] : undefined)
  return { line, columns: Object.keys(object), row }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Undefined when it is no JSON, or nested deeper than the parser can go. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
