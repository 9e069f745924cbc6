// Dropped files, from bytes to sequences: all that the corpus worker does.
import { defined } from '../base/assert'
import { AppError } from '../base/errors'
import { buildTokenSet, isTrainable, isTruncated } from './batches'
import { decodeText } from './corpus/decodeText'
import { mostFrequentKind, readCorpus } from './corpus/detectCorpus'
import { ProblemLog } from './corpus/problemLog'
import { makeSample, type Split, splitDocuments, type TokenSample } from './samples'
import type {
  Corpus,
  CorpusDocument,
  CorpusFile,
  LengthHistogram,
  PreparedCorpus,
  PrepareOptions,
  Problem,
  TokenPreview,
  Tokenizer,
} from './types'

/** About a minute of encoding, and more text than a page trains on in a day. */
export const MAX_CORPUS_BYTES = 64 * 1024 * 1024
/** Below this there is nothing to learn: two short sentences. */
const MIN_TRAINED_TOKENS = 32
const PREVIEWED_DOCUMENTS = 40
const PREVIEWED_TOKENS = 2000
const MAX_HISTOGRAM_BINS = 30

/**
 * Reads, encodes, splits and packs `files`.
 *
 * @throws AppError `corpus/*`. Rows that could not be used are in `problems` instead.
 */
export function prepareCorpus(
  files: readonly CorpusFile[],
  tokenizer: Tokenizer,
  { sequenceLength, validationShare, seed }: PrepareOptions,
): PreparedCorpus {
  const corpora = readFiles(files)
  const documents = corpora.flatMap((corpus) => corpus.documents)
  const samples = documents.map((entry) => makeSample(entry, tokenizer))
  const usable = [...samples.keys()].filter((index) => isTrainable(at(samples, index), sequenceLength))
  if (usable.length === 0) {
    throw new AppError('corpus/no-trained-tokens', {
      message: `nothing to train on within ${sequenceLength} tokens in any of ${documents.length} documents`,
      details: { samples: documents.length, sequenceLength },
    })
  }
  const split = splitDocuments(usable.length, validationShare, seed)
  const build = (places: readonly number[]) => {
    const chosen = places.map((place) => at(samples, at(usable, place)))
    return buildTokenSet(chosen, { sequenceLength, paddingId: tokenizer.endOfTextId })
  }
  const train = build(split.train)
  if (train.labelledTokens < MIN_TRAINED_TOKENS) {
    throw new AppError('corpus/too-small', {
      message: `${train.labelledTokens} tokens to train on; at least ${MIN_TRAINED_TOKENS} are needed`,
      details: { tokens: train.labelledTokens, needed: MIN_TRAINED_TOKENS },
    })
  }
  const lengths = samples.map(({ ids }) => ids.length)
  const characters = documents.reduce((sum, entry) => sum + countCharacters(entry), 0)
  const tokens = lengths.reduce((sum, length) => sum + length, 0)
  const truncated = samples.filter((sample) => isTruncated(sample, sequenceLength)).length
  const longest = lengths.reduce((most, length) => Math.max(most, length), 0)
  return {
    kind: mostFrequentKind(documents, corpora.some(({ kind }) => kind === 'text') ? 'text' : 'text-rows'),
    train,
    validation: build(split.validation),
    preview: previewOf(samples, { usable, split, tokenizer }),
    statistics: {
      documents: documents.length,
      trainDocuments: split.train.length,
      validationDocuments: split.validation.length,
      characters,
      tokens,
      charactersPerToken: characters / tokens,
      trainedTokens: train.labelledTokens,
      longestDocumentTokens: longest,
      lengthHistogram: histogramOf(lengths, longest),
      truncated,
    },
    problems: [
      ...corpora.flatMap((corpus) => corpus.problems),
      ...documentProblems(documents, tokenizer),
      ...counted('samples-truncated', truncated),
      ...counted('samples-without-trained-tokens', samples.length - usable.length),
    ],
  }
}

function readFiles(files: readonly CorpusFile[]): Corpus[] {
  const sizeBytes = files.reduce((sum, { bytes }) => sum + bytes.byteLength, 0)
  if (sizeBytes > MAX_CORPUS_BYTES) {
    throw new AppError('corpus/too-large', {
      message: `${sizeBytes} bytes of text, over ${MAX_CORPUS_BYTES}`,
      details: { sizeBytes, limitBytes: MAX_CORPUS_BYTES },
    })
  }
  if (files.length === 0) throw new AppError('corpus/empty', { message: 'no files' })
  return files.map(({ name, bytes }) => readCorpus(name, decodeText(bytes, name)))
}

function previewOf(
  samples: readonly TokenSample[],
  { usable, split, tokenizer }: { usable: readonly number[]; split: Split; tokenizer: Tokenizer },
): TokenPreview[] {
  const validation = new Set(split.validation)
  return usable.slice(0, PREVIEWED_DOCUMENTS).map((documentIndex, place) => {
    const sample = at(samples, documentIndex)
    const ids = [...sample.ids.subarray(0, PREVIEWED_TOKENS)]
    return {
      documentIndex,
      split: validation.has(place) ? 'validation' : 'train',
      ids,
      texts: ids.map((id) => tokenizer.decodeToken(id)),
      trained: ids.map((_, index) => sample.trained[index] === 1),
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

function documentProblems(documents: readonly CorpusDocument[], tokenizer: Tokenizer): Problem[] {
  const log = new ProblemLog('')
  const seen = new Set<string>()
  const special = [...tokenizer.specialTokens.keys()]
  for (const entry of documents) {
    const text = textsOf(entry).join('\n')
    // Copies can stand on both sides of the split, and then validation measures memory.
    if (seen.has(text)) log.add('duplicate-documents')
    seen.add(text)
    if (special.some((token) => text.includes(token))) log.add('special-tokens-as-text')
  }
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

function at<T>(items: readonly T[], index: number): T {
  return defined(items[index], `item ${index}`)
}
