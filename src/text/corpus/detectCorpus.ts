// What kind of corpus a file holds, from its name and its first rows, and the file as a corpus.
import { AppError } from '../../base/errors'
import type { ColumnMapping, Corpus, CorpusDocument, CorpusFix, CorpusKind } from '../types'
import { ColumnList, guessMapping, guessPrompt, isComplete } from './columns'
import { readCsvRows } from './csvRows'
import { isJsonArray, readJsonRows } from './jsonRows'
import { splitText, wholeText } from './plainText'
import { ProblemLog } from './problemLog'
import { type NumberedRow, readRow } from './rows'
import { MAX_ROWS } from './tableLimits'

type Layout = 'text' | 'json' | 'csv'

export interface ReadOptions {
  /** Null or absent: by the names of each row's columns. */
  readonly mapping?: ColumnMapping | null
  readonly fixes?: readonly CorpusFix[]
  /** Running text stays one document: it will not be split. */
  readonly keepsWhole?: boolean
}

const DETECTED_LENGTH = 65_536

/** The kind, from the start of the text; `text` when no row of it can be read. */
export function detectCorpus(name: string, text: string): CorpusKind {
  const layout = layoutOf(name, text)
  if (layout === 'text') return 'text'
  const log = new ProblemLog(name)
  const rows = rowsOf(isJsonArray(text) ? text : text.slice(0, DETECTED_LENGTH), layout, log)
  return mostFrequentKind(readRows(rows, log).documents, 'text-rows')
}

/**
 * The documents of one text file. Rows that cannot be read are counted in `problems`.
 *
 * @throws AppError as `readTable`, and `corpus/empty` without any text.
 */
export function readCorpus(name: string, text: string, options: ReadOptions = {}): Corpus {
  const layout = layoutOf(name, text)
  if (layout !== 'text') {
    const log = new ProblemLog(name)
    return readTable(name, rowsOf(text, layout, log, options), { ...options, log })
  }
  const pieces = options.keepsWhole ? [wholeText(text)].filter((piece) => piece !== '') : splitText(text)
  const documents = pieces.map((piece): CorpusDocument => ({ kind: 'text', text: piece }))
  if (documents.length === 0) throw new AppError('corpus/empty', { message: `${name} has no text`, details: { name } })
  return { name, kind: 'text', documents, problems: [], table: null }
}

/**
 * The documents of one table, whatever its file format. `log` goes on where reading the format ended.
 *
 * @throws AppError `corpus/empty`, `corpus/unknown-columns` when no row has columns we know,
 * `corpus/no-trained-tokens` when none is answered, `corpus/row-invalid` when all are broken, `corpus/too-large`.
 */
export function readTable(
  name: string,
  rows: readonly NumberedRow[],
  { log = new ProblemLog(name), ...options }: ReadOptions & { readonly log?: ProblemLog },
): Corpus {
  if (rows.length > MAX_ROWS) {
    throw new AppError('corpus/too-large', {
      message: `${name} has ${rows.length} rows, over ${MAX_ROWS}`,
      details: { name, rows: rows.length, limitRows: MAX_ROWS },
    })
  }
  const { documents, columns, guesses } = readRows(rows, log, options)
  if (documents.length === 0) throw noDocuments(name, { columns, log, guesses })
  const mapping = options.mapping ?? mostFrequent(guesses)
  return {
    name,
    kind: mostFrequentKind(documents, 'text-rows'),
    documents,
    problems: log.list(),
    table: mapping ? { columns: columns.list(), mapping, isGuessed: !options.mapping } : null,
  }
}

/** The kind most documents have; the earlier on a tie. `textKind` is what plain texts are called here. */
export function mostFrequentKind(
  documents: readonly CorpusDocument[],
  textKind: Extract<CorpusKind, 'text' | 'text-rows'>,
): CorpusKind {
  const counts = new Map<CorpusKind, number>()
  for (const { kind } of documents) {
    const name = kind === 'text' ? textKind : kind
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  let best: CorpusKind = textKind
  for (const [kind, count] of counts) if (count > (counts.get(best) ?? 0)) best = kind
  return best
}

function layoutOf(name: string, text: string): Layout {
  const extension = /\.([a-z]+)$/i.exec(name)?.[1]?.toLowerCase()
  if (extension === 'jsonl' || extension === 'ndjson' || extension === 'json') return 'json'
  if (extension === 'csv' || extension === 'tsv') return 'csv'
  if (extension === 'md' || extension === 'markdown') return 'text'
  // JSON Lines are often called .txt; prose does not begin with {"
  return /^\s*\{\s*"/.test(text) && readJsonRows(text.slice(0, DETECTED_LENGTH), new ProblemLog(name)).length > 0
    ? 'json'
    : 'text'
}

function rowsOf(
  text: string,
  layout: 'json' | 'csv',
  log: ProblemLog,
  { fixes = [] }: ReadOptions = {},
): NumberedRow[] {
  if (layout === 'json') return readJsonRows(text, log)
  return readCsvRows(text, log, { keepsRagged: fixes.includes('keep-ragged-rows') })
}

interface Guess {
  readonly mapping: ColumnMapping
  rows: number
}

interface TableReading {
  readonly documents: CorpusDocument[]
  readonly columns: ColumnList
  /** By the names of the columns they were made from. */
  readonly guesses: ReadonlyMap<string, Guess | undefined>
}

function readRows(
  rows: readonly NumberedRow[],
  log: ProblemLog,
  { mapping, fixes = [] }: ReadOptions = {},
): TableReading {
  const documents: CorpusDocument[] = []
  const columns = new ColumnList()
  const guesses = new Map<string, Guess | undefined>()
  // Rows of one table have few sets of columns: each is thought about once.
  const guess = (numbered: NumberedRow): ColumnMapping | undefined => {
    const filled = numbered.columns.filter((column) => hasValue(numbered.row(column)))
    const key = filled.join('\0')
    if (!guesses.has(key)) {
      const found = guessMapping(filled) ?? guessMapping(numbered.columns) ?? guessPrompt(filled)
      guesses.set(key, found && { mapping: found, rows: 0 })
    }
    const known = guesses.get(key)
    if (known) known.rows++
    return known?.mapping
  }
  for (const numbered of rows) {
    columns.add(numbered.columns, numbered.row)
    const used = mapping ?? guess(numbered)
    const result = used ? readRow(numbered.row, used) : { problem: 'row-unknown-columns' as const }
    if ('entry' in result) {
      documents.push(result.entry)
      continue
    }
    log.add(result.problem, numbered.line)
    if (result.prompt !== undefined && fixes.includes('prompts-as-text')) {
      documents.push({ kind: 'text', text: result.prompt })
    }
  }
  return { documents, columns, guesses }
}

function hasValue(cell: unknown): boolean {
  return cell !== undefined && cell !== null
}

function mostFrequent(guesses: ReadonlyMap<string, Guess | undefined>): ColumnMapping | null {
  let best: Guess | undefined
  for (const guess of guesses.values()) if (guess && guess.rows > (best?.rows ?? 0)) best = guess
  return best?.mapping ?? null
}

function noDocuments(
  name: string,
  { columns, log, guesses }: Pick<TableReading, 'columns' | 'guesses'> & { log: ProblemLog },
): AppError {
  const problems = log.list()
  const [first] = [...problems].sort((a, b) => b.count - a.count)
  if (first === undefined) return new AppError('corpus/empty', { message: `${name} has no rows`, details: { name } })
  const found = columns.list()
  const names = found
    .map((column) => column.name)
    .slice(0, 20)
    .join(', ')
    .slice(0, 200)
  // With the table a person can say which column is which: see columnsOfError.
  const table = JSON.stringify(found)
  const isAnswerUnknown = [...guesses.values()].some((guess) => guess && !isComplete(guess.mapping))
  const isUnanswered = first.kind === 'row-without-completion'
  if (first.kind === 'row-unknown-columns' || (isUnanswered && isAnswerUnknown)) {
    return new AppError('corpus/unknown-columns', {
      message: `${name} has the columns ${names}; expected text, prompt and completion, or messages`,
      details: { name, columns: names, table },
    })
  }
  if (isUnanswered) {
    return new AppError('corpus/no-trained-tokens', {
      message: `${name}: none of ${first.count} rows has an answer`,
      details: { name, samples: first.count, table },
    })
  }
  return new AppError('corpus/row-invalid', {
    message: `${name}: all ${first.count} rows are unusable (${first.kind})`,
    details: { name, rows: first.count, line: first.lines[0] ?? 0, problem: first.kind, table },
  })
}
