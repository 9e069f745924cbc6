// One row of a dataset as a document, by the names of its columns.
import type { CorpusDocument, Message, ProblemKind, Role } from '../types'

/** Reads a column; undefined when the row has no such column. */
export type Row = (column: string) => unknown

export type RowResult = { readonly entry: CorpusDocument } | { readonly problem: ProblemKind }

/**
 * messages (or ShareGPT's conversations), then prompt and completion under their usual names (Alpaca's
 * instruction and input make one prompt), then text.
 */
export function readRow(row: Row): RowResult {
  const messages = row('messages') ?? row('conversations')
  if (messages !== undefined) return readMessages(messages)
  const pair = pairColumns.find(([prompt, completion]) => row(prompt) !== undefined && row(completion) !== undefined)
  if (pair !== undefined) return readPair(row, pair)
  const text = row('text') ?? row('content')
  if (text === undefined) return { problem: 'row-unknown-columns' }
  return isText(text) ? { entry: { kind: 'text', text } } : { problem: 'row-empty' }
}

const pairColumns = [
  ['prompt', 'completion'],
  ['prompt', 'response'],
  ['instruction', 'output'],
  ['instruction', 'response'],
  ['question', 'answer'],
  ['input', 'output'],
] as const

const roles: ReadonlyMap<unknown, Role> = new Map([
  ['system', 'system'],
  ['user', 'user'],
  ['human', 'user'],
  ['assistant', 'assistant'],
  ['gpt', 'assistant'],
])

function readPair(row: Row, [promptColumn, completionColumn]: (typeof pairColumns)[number]): RowResult {
  const prompt = row(promptColumn)
  const completion = row(completionColumn)
  if (!isText(prompt) || !isText(completion)) return { problem: 'row-empty' }
  const input = promptColumn === 'instruction' ? row('input') : undefined
  const asked = isText(input) ? `${prompt}\n\n${input}` : prompt
  return { entry: { kind: 'prompt-completion', prompt: asked, completion } }
}

function readMessages(value: unknown): RowResult {
  if (!Array.isArray(value) || value.length === 0) return { problem: 'row-bad-message' }
  const messages: Message[] = []
  for (const item of value as unknown[]) {
    const message = readMessage(item)
    if (message === undefined) return { problem: 'row-bad-message' }
    messages.push(message)
  }
  const isAnswered = messages.some(({ role, content }) => role === 'assistant' && isText(content))
  return isAnswered ? { entry: { kind: 'messages', messages } } : { problem: 'row-empty' }
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

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== ''
}
