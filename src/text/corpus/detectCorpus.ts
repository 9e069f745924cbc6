// What kind of corpus a file holds, from its name and its first rows, and the file as a corpus.
import { AppError } from '../../base/errors'
import type { Corpus, CorpusDocument, CorpusKind } from '../types'
import { readCsvRows } from './csvRows'
import { isJsonArray, type NumberedRow, readJsonRows } from './jsonRows'
import { splitText } from './plainText'
import { ProblemLog } from './problemLog'
import { readRow } from './rows'

type Layout = 'text' | 'json' | 'csv'

const DETECTED_LENGTH = 65_536

/** The kind, from the start of the text; `text` when no row of it can be read. */
export function detectCorpus(name: string, text: string): CorpusKind {
  const layout = layoutOf(name, text)
  if (layout === 'text') return 'text'
  const { documents } = readRows(name, { text: isJsonArray(text) ? text : text.slice(0, DETECTED_LENGTH), layout })
  return mostFrequentKind(documents, 'text-rows')
}

/**
 * The documents of one file. Rows that cannot be read are counted in `problems`.
 *
 * @throws AppError `corpus/empty` without any text, `corpus/unknown-columns` when no row has columns we know,
 * `corpus/row-invalid` when all rows are broken.
 */
export function readCorpus(name: string, text: string): Corpus {
  const layout = layoutOf(name, text)
  if (layout === 'text') {
    const documents = splitText(text).map((piece): CorpusDocument => ({ kind: 'text', text: piece }))
    if (documents.length === 0)
      throw new AppError('corpus/empty', { message: `${name} has no text`, details: { name } })
    return { name, kind: 'text', documents, problems: [] }
  }
  const { documents, rows, log } = readRows(name, { text, layout })
  if (documents.length === 0) throw noDocuments(name, rows, log)
  return { name, kind: mostFrequentKind(documents, 'text-rows'), documents, problems: log.list() }
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

function readRows(
  name: string,
  { text, layout }: { text: string; layout: 'json' | 'csv' },
): { documents: CorpusDocument[]; rows: NumberedRow[]; log: ProblemLog } {
  const log = new ProblemLog(name)
  const rows = layout === 'csv' ? readCsvRows(text, log) : readJsonRows(text, log)
  const documents: CorpusDocument[] = []
  for (const { row, line } of rows) {
    const result = readRow(row)
    if ('entry' in result) documents.push(result.entry)
    else log.add(result.problem, line)
  }
  return { documents, rows, log }
}

function noDocuments(name: string, rows: readonly NumberedRow[], log: ProblemLog): AppError {
  const problems = log.list()
  const [first] = [...problems].sort((a, b) => b.count - a.count)
  if (first === undefined) return new AppError('corpus/empty', { message: `${name} has no rows`, details: { name } })
  if (first.kind === 'row-unknown-columns') {
    const columns = (rows[0]?.columns ?? []).slice(0, 20).join(', ').slice(0, 200)
    return new AppError('corpus/unknown-columns', {
      message: `${name} has the columns ${columns}; expected text, prompt and completion, or messages`,
      details: { name, columns },
    })
  }
  return new AppError('corpus/row-invalid', {
    message: `${name}: all ${first.count} rows are unusable (${first.kind})`,
    details: { name, rows: first.count, line: first.lines[0] ?? 0, problem: first.kind },
  })
}
