// The head of a model card: the lines between two `---` that the model hub reads as YAML. Fields, and lists of plain
// values; nothing nested. It is a small part of YAML, which every reader of it reads the same way: what stands outside
// of it is told with its line instead of being guessed.

export type FieldValue = string | readonly string[]

export interface Card {
  readonly fields: ReadonlyMap<string, FieldValue>
  /** What follows the head. */
  readonly body: string
}

export type CardFault =
  /** The first line is no `---`. */
  | 'no-start'
  | 'no-end'
  /** Neither `key: value` nor an item of a list. */
  | 'not-a-field'
  | 'twice'
  /** A value that needs quotes, a quote that does not close, or nothing at all. */
  | 'value'
  | 'missing'
  | 'too-long'

export interface CardProblem {
  readonly fault: CardFault
  /** From 1. */
  readonly line: number
  /** The line, or the key, that is meant. */
  readonly what: string
}

/** Far more than anybody reads. */
export const MAX_CARD_CHARACTERS = 200_000
/** Without it the hub does not know what the weights are. */
const NEEDED_FIELDS = ['library_name']

const FIELD = /^([A-Za-z_][\w-]*):(?: +(.*))?$/
const ITEM = /^ *- +(.*)$/

/** What a card says, or the first thing in its head that is wrong. */
export function readCard(text: string): Card | CardProblem {
  if (text.length > MAX_CARD_CHARACTERS) return { fault: 'too-long', line: 1, what: String(text.length) }
  const lines = text.split(/\r?\n/)
  const end = endOfHead(lines)
  if (lines[0] !== '---') return { fault: 'no-start', line: 1, what: shown(lines[0]) }
  if (end === null) return { fault: 'no-end', line: 1, what: '---' }
  const fields = new Map<string, FieldValue>()
  /** The items of the field above, while lines may add to them. */
  let items: string[] | null = null
  for (const [index, line] of lines.slice(1, end).entries()) {
    if (/^ *(#|$)/.test(line)) continue
    const fault = readLine(line)
    if (fault) return { fault, line: index + 2, what: shown(line) }
  }
  for (const [key, value] of fields) {
    if (value.length > 0) continue
    return { fault: 'value', line: 1 + lines.findIndex((line) => isField(line, key)), what: key }
  }
  const missing = NEEDED_FIELDS.find((key) => !fields.has(key))
  if (missing !== undefined) return { fault: 'missing', line: 1, what: missing }
  return { fields, body: lines.slice(end + 1).join('\n') }

  function readLine(line: string): CardFault | null {
    const [, item] = ITEM.exec(line) ?? []
    if (item !== undefined && items) {
      const value = readValue(item)
      if (value === null) return 'value'
      items.push(value)
      return null
    }
    const [, key, rest = ''] = FIELD.exec(line) ?? []
    if (key === undefined) return 'not-a-field'
    if (fields.has(key)) return 'twice'
    items = rest.trim() === '' ? [] : null
    const value = items ?? readList(rest) ?? readValue(rest)
    if (value === null) return 'value'
    fields.set(key, value)
    return null
  }
}

/** The same card with a field set, or taken out where the value is empty. A card without a head stays as it is. */
export function withField(text: string, key: string, value: FieldValue): string {
  const lines = text.split(/\r?\n/)
  const end = endOfHead(lines)
  if (lines[0] !== '---' || end === null) return text
  const start = lines.findIndex((line, index) => index < end && isField(line, key))
  const items = start < 0 ? 0 : lines.slice(start + 1, end).findIndex((line) => !ITEM.test(line))
  const removed = start < 0 ? 0 : 1 + (items < 0 ? end - start - 1 : items)
  const written = typeof value === 'string' ? JSON.stringify(value) : `[${value.map(quoted).join(', ')}]`
  lines.splice(start < 0 ? end : start, removed, ...(value.length === 0 ? [] : [`${key}: ${written}`]))
  return lines.join('\n')
}

/** The heading of a card; null where it has none. */
export function titleOf(text: string): string | null {
  return TITLE.exec(text.slice(headLength(text)))?.[1]?.trim() ?? null
}

/** The same card under another heading. One without a heading stays as it is. */
export function withTitle(text: string, title: string): string {
  const head = text.slice(0, headLength(text))
  return head + text.slice(head.length).replace(TITLE, () => `# ${title.replace(/\s+/g, ' ')}`)
}

const TITLE = /^# (.*)$/m

/** A comment in the head begins as a heading does. */
function headLength(text: string): number {
  return /^---\r?\n[^]*?\n---\r?(?:\n|$)/.exec(text)?.[0].length ?? 0
}

function isField(line: string, key: string): boolean {
  return FIELD.exec(line)?.[1] === key
}

function quoted(value: string): string {
  return JSON.stringify(value)
}

function shown(line = ''): string {
  return line.trim().slice(0, 80)
}

function endOfHead(lines: readonly string[]): number | null {
  const end = lines.indexOf('---', 1)
  return end < 0 ? null : end
}

/** `[a, "b"]`; null for anything else. */
function readList(text: string): string[] | null {
  const [, inside] = /^\[([^[\]{}]*)\] *$/.exec(text) ?? []
  if (inside === undefined) return null
  const values = inside.split(',').map((value) => readValue(value))
  return values.every((value) => value !== null) ? values : null
}

/** Words that some readers of YAML take for true, false or nothing: Norwegian is `"no"`. */
const AMBIGUOUS = /^(?:y|n|yes|no|on|off|~|null)$/i

/** One value in quotes, or plain where every reader of YAML takes it for the same; null for anything else. */
function readValue(text: string): string | null {
  const value = text.trim()
  if (value.startsWith('"')) return readQuoted(value)
  if (value.startsWith("'")) return /^'(?:[^']|'')*'$/.test(value) ? value.slice(1, -1).replaceAll("''", "'") : null
  const isPlain = /^[^\s\-?:,[\]{}#&*!|>'"%@`]/.test(value) && !/: |:$| #/.test(value) && !/\t/.test(value)
  return isPlain && !AMBIGUOUS.test(value) ? value : null
}

function readQuoted(value: string): string | null {
  try {
    const parsed: unknown = JSON.parse(value)
    return typeof parsed === 'string' ? parsed : null
  } catch {
    return null
  }
}
