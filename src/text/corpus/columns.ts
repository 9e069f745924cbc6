// Which columns of a table are the text: guessed by their names, or as the person said. The guess knows the
// names of the datasets people have: TRL's, Alpaca's, ShareGPT's, OpenAI's.
import type { AppError } from '../../base/errors'
import type { ColumnMapping, CorpusColumn } from '../types'

/** Of a table this wide nobody reads more on a page; text is among the first. */
const MAX_SHOWN_COLUMNS = 64
const MAX_EXAMPLE_LENGTH = 120
const MAX_NAME_LENGTH = 80

const messageColumns = ['messages', 'conversations', 'conversation'] as const
const pairColumns = [
  ['prompt', 'completion'],
  ['prompt', 'response'],
  ['instruction', 'output'],
  ['instruction', 'response'],
  ['question', 'answer'],
  ['input', 'output'],
] as const
const textColumns = ['text', 'content'] as const

/** The mapping for a row with these columns; names are compared without case. */
export function guessMapping(columns: readonly string[]): ColumnMapping | undefined {
  const named = (name: string): string | undefined => columns.find((column) => column.toLowerCase() === name)
  for (const name of messageColumns) {
    const messages = named(name)
    if (messages !== undefined) return { kind: 'messages', messages }
  }
  for (const [promptName, completionName] of pairColumns) {
    const prompt = named(promptName)
    const completion = named(completionName)
    if (prompt === undefined || completion === undefined) continue
    const input = promptName === 'instruction' ? (named('input') ?? null) : null
    return { kind: 'prompt-completion', prompt, input, completion }
  }
  for (const name of textColumns) {
    const text = named(name)
    if (text !== undefined) return { kind: 'text', text }
  }
  return undefined
}

/** A mapping for a row that has a prompt and nothing that answers it; its completion is missing everywhere. */
export function guessPrompt(columns: readonly string[]): ColumnMapping | undefined {
  const prompt = columns.find((column) => pairColumns.some(([name]) => name === column.toLowerCase()))
  return prompt === undefined ? undefined : { kind: 'prompt-completion', prompt, input: null, completion: '' }
}

/** What a column can be used for. */
export const columnRoles = ['none', 'text', 'prompt', 'input', 'completion', 'messages'] as const
export type ColumnRole = (typeof columnRoles)[number]

export function roleOfColumn(mapping: ColumnMapping, column: string): ColumnRole {
  switch (mapping.kind) {
    case 'text':
      return mapping.text === column ? 'text' : 'none'
    case 'messages':
      return mapping.messages === column ? 'messages' : 'none'
    case 'prompt-completion':
      if (mapping.prompt === column) return 'prompt'
      if (mapping.completion === column) return 'completion'
      return mapping.input === column ? 'input' : 'none'
  }
}

/**
 * The mapping after a person gave one column another role. Places nobody fills any more are empty strings:
 * `isComplete` says whether the mapping can be read with.
 */
export function withRole(mapping: ColumnMapping, column: string, role: ColumnRole): ColumnMapping {
  if (role === 'text') return { kind: 'text', text: column }
  if (role === 'messages') return { kind: 'messages', messages: column }
  const pair =
    mapping.kind === 'prompt-completion'
      ? mapping
      : { kind: 'prompt-completion' as const, prompt: '', input: null, completion: '' }
  if (role === 'none') {
    if (mapping.kind === 'text') return mapping.text === column ? { kind: 'text', text: '' } : mapping
    if (mapping.kind === 'messages') return mapping.messages === column ? { kind: 'messages', messages: '' } : mapping
  }
  const before = roleOfColumn(pair, column)
  const cleared = {
    ...pair,
    prompt: pair.prompt === column ? '' : pair.prompt,
    input: pair.input === column ? null : pair.input,
    completion: pair.completion === column ? '' : pair.completion,
  }
  if (role === 'none') return cleared
  // Two columns that change places stay complete: the one driven out takes the place that became free.
  const drivenOut = cleared[role] ?? ''
  const given = { ...cleared, [role]: column }
  if (drivenOut === '' || before === 'none' || before === 'text' || before === 'messages') return given
  return { ...given, [before]: drivenOut }
}

export function isComplete(mapping: ColumnMapping): boolean {
  switch (mapping.kind) {
    case 'text':
      return mapping.text !== ''
    case 'messages':
      return mapping.messages !== ''
    case 'prompt-completion':
      return mapping.prompt !== '' && mapping.completion !== ''
  }
}

/** The columns of many rows, with the first cell of each that holds something. */
export class ColumnList {
  readonly #examples = new Map<string, string>()

  add(columns: readonly string[], cell: (column: string) => unknown): void {
    for (const column of columns) {
      if (column === '' || column.length > MAX_NAME_LENGTH) continue
      const known = this.#examples.get(column)
      if (known === undefined && this.#examples.size >= MAX_SHOWN_COLUMNS) return
      if (known === undefined || known === '') this.#examples.set(column, exampleOf(cell(column)))
    }
  }

  list(): CorpusColumn[] {
    return [...this.#examples].map(([name, example]) => ({ name, example }))
  }
}

/** The columns of the file an error is about, so that a person can say which is which; empty without any. */
export function columnsOfError({ details }: AppError): CorpusColumn[] {
  if (typeof details['table'] !== 'string') return []
  return JSON.parse(details['table']) as CorpusColumn[] // written by detectCorpus.ts, whatever the file held
}

function exampleOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  const text = typeof value === 'object' ? jsonOf(value) : String(value as string | number | boolean | bigint)
  // By code points, so that no character is torn; long enough for emoji of several.
  return Array.from(text.slice(0, 4 * MAX_EXAMPLE_LENGTH).trim())
    .slice(0, MAX_EXAMPLE_LENGTH)
    .join('')
}

function jsonOf(value: object): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? String(part) : part)).slice(0, 1000)
}
