// Dropped files, from bytes to sequences: all that the corpus worker does.
import { defined } from '../base/assert'
import { AppError } from '../base/errors'
import { buildTokenSet, isTrainable, isTruncated } from './batches'
import { decodeFile } from './corpus/decodeText'
import { mostFrequentKind, readCorpus, readTable, type ReadOptions } from './corpus/detectCorpus'
import { checkFiles, type OpenedFile } from './corpus/openFiles'
import { ProblemLog } from './corpus/problemLog'
import { makeSample, type Reading, type Split, splitWithoutLeakage, templateOf, type TokenSample } from './samples'
import type {
  Corpus,
  CorpusColumn,
  CorpusDocument,
  CorpusFile,
  CorpusSource,
  CorpusTable,
  LengthHistogram,
  PreparedCorpus,
  PrepareOptions,
  Problem,
  TokenPreview,
  TokenRole,
  Tokenizer,
} from './types'

export { MAX_CORPUS_BYTES } from './corpus/openFiles'

/** Below this there is nothing to learn: two short sentences. */
const MIN_TRAINED_TOKENS = 32
const PREVIEWED_DOCUMENTS = 40
const PREVIEWED_TOKENS = 2000
const MAX_HISTOGRAM_BINS = 30
/**
 * With fewer characters than tokens a tokenizer spells bytes instead of reading. Tokenizers that know a script
 * take 1.5 characters of Korean or Chinese to a token and 4 of English; SmolLM2 takes half a character of Korean.
 */
const LEAST_CHARACTERS_PER_TOKEN = 1
/** A few tokens say nothing about a language. */
const MEASURED_TOKENS = 16

/**
 * Reads, encodes, splits and packs `files`. Parquet files are opened first, by `openFiles`.
 *
 * @throws AppError `corpus/*`. Rows that could not be used are in `problems` instead, and so are files when
 * others can be read.
 */
export function prepareCorpus(
  files: readonly OpenedFile[],
  reading: Reading,
  { sequenceLength, validationShare, seed, replacesTemplate = false, ...asked }: PrepareOptions,
): PreparedCorpus {
  const { tokenizer } = reading
  const fixes = asked.fixes ?? []
  const { corpora, sources, skipped } = readFiles(files, asked)
  const all = corpora.flatMap((corpus) => corpus.documents)
  const copies = copiesAmong(all)
  const kept = fixes.includes('drop-duplicates') ? all.filter((_, index) => !copies.isCopy[index]) : all
  const { encoded, refused } = encodeAll(kept, reading)
  const tooLong = encoded.filter(({ sample }) => isTruncated(sample, sequenceLength)).length
  const dropsTooLong = fixes.includes('drop-too-long')
  const chosen = dropsTooLong ? encoded.filter(({ sample }) => !isTruncated(sample, sequenceLength)) : encoded
  const documents = chosen.map(({ entry }) => entry)
  const samples = chosen.map(({ sample }) => sample)
  const usable = [...samples.keys()].filter((index) => isTrainable(at(samples, index), sequenceLength))
  if (usable.length === 0) {
    throw new AppError('corpus/no-trained-tokens', {
      message: `nothing to train on within ${sequenceLength} tokens in any of ${kept.length} documents`,
      details: { samples: kept.length, sequenceLength },
    })
  }
  const keys = usable.map((index) => documentKey(at(documents, index)))
  const split = splitWithoutLeakage(keys, validationShare, seed)
  const build = (places: readonly number[]) => {
    const members = places.map((place) => at(samples, at(usable, place)))
    return buildTokenSet(members, { sequenceLength, paddingId: tokenizer.endOfTextId })
  }
  const train = build(split.train)
  if (train.labelledTokens < MIN_TRAINED_TOKENS) {
    throw new AppError('corpus/too-small', {
      message: `${train.labelledTokens} tokens to train on; at least ${MIN_TRAINED_TOKENS} are needed`,
      details: { tokens: train.labelledTokens, needed: MIN_TRAINED_TOKENS },
    })
  }
  const lengths = samples.map(({ ids }) => ids.length)
  const characters = documents.map(countCharacters)
  const tokens = sum(lengths)
  const longest = lengths.reduce((most, length) => Math.max(most, length), 0)
  const kind = mostFrequentKind(documents, corpora.some((corpus) => corpus.kind === 'text') ? 'text' : 'text-rows')
  const templateTokens = templateMeasure(reading)
  const textTokens = documents.map((entry, index) => Math.max(at(lengths, index) - templateTokens(entry), 0))
  const poorlyFitting = textTokens.filter(
    (count, index) => count >= MEASURED_TOKENS && at(characters, index) < LEAST_CHARACTERS_PER_TOKEN * count,
  ).length
  return {
    kind,
    sources,
    table: mergeTables(corpora),
    template: templateOf(kind, reading),
    train,
    validation: build(split.validation),
    preview: previewOf(samples, { usable, split, tokenizer }),
    statistics: {
      documents: documents.length,
      trainDocuments: split.train.length,
      validationDocuments: split.validation.length,
      characters: sum(characters),
      tokens,
      charactersPerToken: sum(characters) / Math.max(sum(textTokens), 1),
      trainedTokens: train.labelledTokens,
      longestDocumentTokens: longest,
      lengthHistogram: histogramOf(lengths, longest),
      truncated: dropsTooLong ? 0 : tooLong,
    },
    problems: [
      ...skipped,
      ...corpora.flatMap((corpus) => corpus.problems),
      ...counted('duplicate-documents', copies.count),
      ...specialTokenProblems(kept, tokenizer),
      ...counted('samples-truncated', tooLong),
      ...counted('samples-without-trained-tokens', samples.length - usable.length),
      ...counted('tokenizer-poor-fit', poorlyFitting),
      ...refused,
      ...counted(
        'template-replaced',
        replacesTemplate ? documents.filter((entry) => entry.kind === 'messages').length : 0,
      ),
    ],
  }
}

interface Encoded {
  readonly entry: CorpusDocument
  readonly sample: TokenSample
}

/** Conversations that the model's template does not take (two questions in a row, for one) are left out. */
function encodeAll(
  documents: readonly CorpusDocument[],
  reading: Reading,
): { readonly encoded: readonly Encoded[]; readonly refused: readonly Problem[] } {
  const encoded: Encoded[] = []
  let refusals = 0
  let firstError: AppError | undefined
  for (const entry of documents) {
    try {
      encoded.push({ entry, sample: makeSample(entry, reading) })
    } catch (thrown) {
      if (!(thrown instanceof AppError)) throw thrown
      firstError ??= thrown
      refusals += 1
    }
  }
  if (encoded.length === 0 && firstError) throw firstError
  return { encoded, refused: counted('template-refused', refusals) }
}

interface ReadFiles {
  readonly corpora: readonly Corpus[]
  readonly sources: readonly CorpusSource[]
  readonly skipped: readonly Problem[]
}

function readFiles(files: readonly OpenedFile[], options: ReadOptions): ReadFiles {
  checkFiles(files)
  const corpora: Corpus[] = []
  const sources: CorpusSource[] = []
  const skipped: Problem[] = []
  let firstError: AppError | undefined
  const skip = (name: string) => skipped.push({ kind: 'file-skipped', file: name, count: 1, lines: [] })
  const isBeside = besideData(files)
  for (const file of files) {
    if (isBeside(file.name)) {
      skip(file.name)
      continue
    }
    try {
      const { corpus, encoding } = readFile(file, options)
      corpora.push(corpus)
      sources.push({ name: file.name, encoding, documents: corpus.documents.length })
    } catch (thrown) {
      // One file of a folder that is no text must not keep the others out.
      if (!(thrown instanceof AppError)) throw thrown
      firstError ??= thrown
      skip(file.name)
    }
  }
  if (corpora.length === 0) throw firstError ?? new AppError('corpus/empty', { message: 'no file with text in it' })
  return { corpora, sources, skipped }
}

/** What lies beside the data in a dataset's folder. Alone, or among its like, any file is data. */
function besideData(files: readonly CorpusFile[]): (name: string) => boolean {
  const isAbout = (name: string) =>
    /^(readme|licen[cs]e|changelog|citation)\b|^dataset_infos?\.json$|^\./i.test(name.split('/').at(-1) ?? name)
  const isUsual = (name: string) =>
    /\.(txt|md|markdown|jsonl|ndjson|json|csv|tsv|parquet)$/i.test(name) && !isAbout(name)
  const hasUsual = files.some(({ name }) => isUsual(name))
  return (name) => hasUsual && !isUsual(name)
}

function readFile(file: OpenedFile, options: ReadOptions): { corpus: Corpus; encoding: CorpusSource['encoding'] } {
  const { name, bytes, rows } = file
  if (rows instanceof AppError) throw rows
  if (rows !== undefined) return { corpus: readTable(name, rows, options), encoding: null }
  const { text, encoding } = decodeFile(bytes, name)
  return { corpus: readCorpus(name, text, options), encoding }
}

/** One table of all files' columns; the mapping is that of the file with the most documents. */
function mergeTables(corpora: readonly Corpus[]): CorpusTable | null {
  const withTables = corpora.flatMap(({ table, documents }) => (table ? [{ table, documents: documents.length }] : []))
  const [first] = [...withTables].sort((a, b) => b.documents - a.documents)
  if (first === undefined) return null
  const columns = new Map<string, CorpusColumn>()
  for (const column of withTables.flatMap(({ table }) => table.columns)) {
    if (!columns.get(column.name)?.example) columns.set(column.name, column)
  }
  return { ...first.table, columns: [...columns.values()] }
}

/** Which documents are there already, word for word: white space and the form of accents make no difference. */
function copiesAmong(documents: readonly CorpusDocument[]): { isCopy: readonly boolean[]; count: number } {
  const seen = new Set<string>()
  const isCopy = documents.map((entry) => {
    const key = documentKey(entry)
    if (seen.has(key)) return true
    seen.add(key)
    return false
  })
  return { isCopy, count: isCopy.filter(Boolean).length }
}

function documentKey(entry: CorpusDocument): string {
  return textsOf(entry)
    .map((text) => text.normalize('NFC').replace(/\s+/g, ' ').trim())
    .join('\0')
}

function previewOf(
  samples: readonly TokenSample[],
  { usable, split, tokenizer }: { usable: readonly number[]; split: Split; tokenizer: Tokenizer },
): TokenPreview[] {
  const validation = new Set(split.validation)
  const special = new Set(tokenizer.specialTokens.values())
  const roleOf = (id: number, isTrained: boolean): TokenRole => {
    if (!special.has(id) && id !== tokenizer.endOfTextId) return 'text'
    return isTrained || id === tokenizer.endOfTextId ? 'end' : 'special'
  }
  return usable.slice(0, PREVIEWED_DOCUMENTS).map((documentIndex, place) => {
    const sample = at(samples, documentIndex)
    const ids = [...sample.ids.subarray(0, PREVIEWED_TOKENS)]
    return {
      documentIndex,
      split: validation.has(place) ? 'validation' : 'train',
      ids,
      texts: ids.map((id) => tokenizer.decodeToken(id)),
      trained: ids.map((_, index) => sample.trained[index] === 1),
      roles: ids.map((id, index) => roleOf(id, sample.trained[index] === 1)),
      tokenCount: sample.ids.length,
    }
  })
}

/** Equal bins of a round width (1, 2 or 5 times a power of ten) up to the longest document. */
function histogramOf(lengths: readonly number[], longest: number): LengthHistogram {
  const least = Math.max(longest / MAX_HISTOGRAM_BINS, 1)
  const power = 10 ** Math.floor(Math.log10(least))
  const width = ([1, 2, 5].find((factor) => factor * power >= least) ?? 10) * power
  const counts = Array.from({ length: Math.max(Math.ceil(longest / width), 1) }, () => 0)
  for (const length of lengths) {
    const bin = Math.max(Math.ceil(length / width) - 1, 0)
    counts[bin] = (counts[bin] ?? 0) + 1
  }
  return { upTo: counts.map((_, bin) => (bin + 1) * width), counts }
}

/** How many tokens of a document are not its text, measured on documents of one token each. */
function templateMeasure(reading: Reading): (entry: CorpusDocument) => number {
  const x = reading.tokenizer.encode('x').length
  const around = (entry: CorpusDocument, texts: number): number => makeSample(entry, reading).ids.length - texts * x
  const text = around({ kind: 'text', text: 'x' }, 1)
  const pair = around({ kind: 'prompt-completion', prompt: 'x', completion: 'x' }, 2)
  const turns = [
    { role: 'user', content: 'x' },
    { role: 'assistant', content: 'x' },
  ] as const
  const perMessage = around({ kind: 'messages', messages: turns }, turns.length) / turns.length
  return (entry) =>
    entry.kind === 'messages' ? perMessage * entry.messages.length : entry.kind === 'text' ? text : pair
}

function specialTokenProblems(documents: readonly CorpusDocument[], tokenizer: Tokenizer): Problem[] {
  const tokens = [...tokenizer.specialTokens.keys()]
  if (tokens.length === 0) return []
  // One pattern: Llama 3 has 256 special tokens, and a search for each would take longer than encoding.
  const anySpecial = new RegExp(tokens.map((token) => token.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('|'))
  const log = new ProblemLog('')
  for (const entry of documents)
    if (textsOf(entry).some((text) => anySpecial.test(text))) log.add('special-tokens-as-text')
  return log.list()
}

function textsOf(entry: CorpusDocument): string[] {
  switch (entry.kind) {
    case 'text':
      return [entry.text]
    case 'prompt-completion':
      return [entry.prompt, entry.completion]
    case 'messages':
      return entry.messages.map(({ content }) => content)
  }
}

function countCharacters(entry: CorpusDocument): number {
  let count = 0
  for (const text of textsOf(entry)) {
    // All units but the second halves of surrogate pairs.
    for (let i = 0; i < text.length; i++) if ((text.charCodeAt(i) & 0xfc00) !== 0xdc00) count++
  }
  return count
}

function counted(kind: Problem['kind'], count: number): Problem[] {
  return count === 0 ? [] : [{ kind, file: '', count, lines: [] }]
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function at<T>(items: readonly T[], index: number): T {
  return defined(items[index], `item ${index}`)
}
