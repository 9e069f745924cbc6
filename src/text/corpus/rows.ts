// One row of a dataset as a document, by a mapping of its columns.
import type { ColumnMapping, CorpusDocument, Message, ProblemKind, Role } from '../types'

/** Reads a column; undefined when the row has no such column. */
export type Row = (column: string) => unknown

export interface NumberedRow {
  /** 1-based line, or place in the array. */
  readonly line: number
  /** Also those whose cell is null. */
  readonly columns: readonly string[]
  readonly row: Row
}

export type RowResult =
  | { readonly entry: CorpusDocument }
  /** `prompt` is there when a completion is all that is missing. */
  | { readonly problem: ProblemKind; readonly prompt?: string }

export function readRow(row: Row, mapping: ColumnMapping): RowResult {
  switch (mapping.kind) {
    case 'text': {
      const text = row(mapping.text)
      if (text === undefined) return { problem: 'row-unknown-columns' }
      return isText(text) ? { entry: { kind: 'text', text } } : { problem: 'row-empty' }
    }
    case 'messages': {
      const messages = row(mapping.messages)
      if (messages === undefined) return { problem: 'row-unknown-columns' }
      return messages === null ? { problem: 'row-empty' } : readMessages(messages)
    }
    case 'prompt-completion':
      return readPair(row, mapping)
  }
}

const roles: ReadonlyMap<unknown, Role> = new Map([
  ['system', 'system'],
  ['user', 'user'],
  ['human', 'user'],
  ['assistant', 'assistant'],
  ['gpt', 'assistant'],
  ['chatgpt', 'assistant'],
  ['model', 'assistant'],
])

function readPair(row: Row, mapping: Extract<ColumnMapping, { kind: 'prompt-completion' }>): RowResult {
  const cells = [row(mapping.prompt), row(mapping.completion)]
  if (cells.every((cell) => cell === undefined)) return { problem: 'row-unknown-columns' }
  const [prompt, completion] = cells
  // TRL's conversational form: both are lists of messages, the completion going on where the prompt ends.
  if (Array.isArray(prompt) && Array.isArray(completion)) return readMessages([...prompt, ...completion])
  const asked = cellText(prompt)
  const answered = cellText(completion)
  if (asked === undefined) return { problem: 'row-empty' }
  const input = mapping.input === null ? undefined : cellText(row(mapping.input))
  const whole = input === undefined ? asked : `${asked}\n\n${input}`
  if (answered === undefined) return { problem: 'row-without-completion', prompt: whole }
  return { entry: { kind: 'prompt-completion', prompt: whole, completion: answered } }
}

function readMessages(value: unknown): RowResult {
  const list = typeof value === 'string' ? listFromJson(value) : value
  if (!Array.isArray(list) || list.length === 0) return { problem: 'row-bad-message' }
  const messages: Message[] = []
  for (const item of list as unknown[]) {
    const message = readMessage(item)
    if (message === undefined) return { problem: 'row-bad-message' }
    messages.push(message)
  }
  const isAnswered = messages.some(({ role, content }) => role === 'assistant' && isText(content))
  if (isAnswered) return { entry: { kind: 'messages', messages } }
  const said = messages.map(({ content }) => content).filter(isText)
  if (said.length === 0) return { problem: 'row-empty' }
  return { problem: 'row-without-completion', prompt: said.join('\n\n') }
}

/** A table of plain cells holds a conversation as JSON. */
function listFromJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

function readMessage(value: unknown): Message | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { role, from, content, value: said } = value as Record<string, unknown>
  const known = roles.get(role ?? from)
  const text = contentText(content ?? said)
  return known === undefined || text === undefined ? undefined : { role: known, content: text }
}

/** A string, or the list of text parts that multimodal datasets use. */
function contentText(content: unknown): string | undefined {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return undefined
  const parts = (content as unknown[]).map((part) => {
    const { type, text } = (typeof part === 'object' && part !== null ? part : {}) as Record<string, unknown>
    return type === 'text' && typeof text === 'string' ? text : undefined
  })
  return parts.some((part) => part === undefined) ? undefined : parts.join('')
}

/** Labels are often numbers, and a number is an answer. */
function cellText(value: unknown): string | undefined {
  if (isText(value)) return value
  const isPlain = typeof value === 'boolean' || typeof value === 'bigint' || Number.isFinite(value)
  return isPlain ? String(value) : undefined
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== ''
}
