// Text files as token sequences: split like on the page, or whole, for a text that is only measured on.
import { AppError } from '../base/errors'
import type { NamedFile } from '../engine/api'
import { buildTokenSet, isTrainable } from '../text/batches'
import { decodeText } from '../text/corpus/decodeText'
import { readCorpus } from '../text/corpus/detectCorpus'
import { MAX_CORPUS_BYTES, prepareCorpus } from '../text/prepareCorpus'
import { makeSample } from '../text/samples'
import { loadTokenizer } from '../text/tokenizer'
import { parseTokenizerJson } from '../text/tokenizerFile'
import type { PreparedCorpus, Tokenizer, TokenSet } from '../text/types'
import { readModelFile } from './nodeEngine'

export interface SplitOptions {
  readonly sequenceLength: number
  /** 0: nothing is held out. */
  readonly validationShare: number
  readonly seed: number
}

export async function openTokenizer(modelFolder: string): Promise<Tokenizer> {
  return loadTokenizer(parseTokenizerJson(await readModelFile(modelFolder, 'tokenizer.json')))
}

/** Every document of the files in one set. @throws AppError `corpus/*` */
export function wholeSet(files: readonly NamedFile[], tokenizer: Tokenizer, sequenceLength: number): TokenSet {
  const sizeBytes = files.reduce((sum, { bytes }) => sum + bytes.byteLength, 0)
  if (sizeBytes > MAX_CORPUS_BYTES) {
    throw new AppError('corpus/too-large', { message: `${sizeBytes} bytes of text, over ${MAX_CORPUS_BYTES}` })
  }
  const documents = files.flatMap(({ name, bytes }) => readCorpus(name, decodeText(bytes, name)).documents)
  const samples = documents.map((entry) => makeSample(entry, tokenizer))
  const usable = samples.filter((sample) => isTrainable(sample, sequenceLength))
  return buildTokenSet(usable, { sequenceLength, paddingId: tokenizer.endOfTextId })
}

export interface TrainingSets {
  readonly train: TokenSet
  readonly validation: TokenSet | null
  /** What the split found; null where the files were taken whole. */
  readonly prepared: PreparedCorpus | null
}

/**
 * What a run learns from and is measured on: the page's split of `data`, or, with files of its own to
 * validate on or nothing to hold out, all of it.
 */
export function trainingSets(
  { data, valid }: { readonly data: readonly NamedFile[]; readonly valid: readonly NamedFile[] },
  tokenizer: Tokenizer,
  options: SplitOptions,
): TrainingSets {
  const whole = (files: readonly NamedFile[]) => wholeSet(files, tokenizer, options.sequenceLength)
  if (valid.length > 0) return { train: whole(data), validation: whole(valid), prepared: null }
  if (options.validationShare === 0) return { train: whole(data), validation: null, prepared: null }
  const prepared = prepareCorpus(data, tokenizer, options)
  return { train: prepared.train, validation: prepared.validation, prepared }
}
