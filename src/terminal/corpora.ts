// Text files as token sequences: split like on the page, or whole, for a text that is only measured on.
import { AppError } from '../base/errors'
import type { NamedFile } from '../engine/api'
import { openModelFiles } from '../engine/modelFiles/modelFiles'
import { buildTokenSet, isTrainable } from '../text/batches'
import { decodeText } from '../text/corpus/decodeText'
import { readCorpus, readTable } from '../text/corpus/detectCorpus'
import { openFiles, type OpenedFile } from '../text/corpus/openFiles'
import { prepareCorpus } from '../text/prepareCorpus'
import { makeSample } from '../text/samples'
import { loadTokenizer } from '../text/tokenizer'
import type { CorpusDocument, PreparedCorpus, Tokenizer, TokenSet } from '../text/types'
import { openLocation } from './folderSource'

export interface SplitOptions {
  readonly sequenceLength: number
  /** 0: nothing is held out. */
  readonly validationShare: number
  readonly seed: number
}

export async function openTokenizer(location: string): Promise<Tokenizer> {
  const { tokenizer, tokenizerConfig } = await openModelFiles(await openLocation(location))
  return loadTokenizer(tokenizer, tokenizerConfig)
}

/** Every document of the files in one set. Each file must be readable. @throws AppError `corpus/*` */
export async function wholeSet(
  files: readonly NamedFile[],
  tokenizer: Tokenizer,
  sequenceLength: number,
): Promise<TokenSet> {
  const opened = await openFiles(files)
  const samples = opened.flatMap(documentsOf).map((entry) => makeSample(entry, tokenizer))
  const usable = samples.filter((sample) => isTrainable(sample, sequenceLength))
  return buildTokenSet(usable, { sequenceLength, paddingId: tokenizer.endOfTextId })
}

function documentsOf({ name, bytes, rows }: OpenedFile): readonly CorpusDocument[] {
  if (rows instanceof AppError) throw rows
  return rows === undefined ? readCorpus(name, decodeText(bytes, name)).documents : readTable(name, rows, {}).documents
}

/** The page's split. @throws AppError `corpus/*` */
export async function splitSets(
  files: readonly NamedFile[],
  tokenizer: Tokenizer,
  { sequenceLength, validationShare, seed }: SplitOptions,
): Promise<PreparedCorpus> {
  return prepareCorpus(await openFiles(files), tokenizer, { sequenceLength, validationShare, seed })
}

/**
 * What a run learns from and is measured on: the page's split of `data`, or, with files of its own to
 * validate on or nothing to hold out, all of it.
 */
export async function trainingSets(
  { data, valid }: { readonly data: readonly NamedFile[]; readonly valid: readonly NamedFile[] },
  tokenizer: Tokenizer,
  options: SplitOptions,
): Promise<{ readonly train: TokenSet; readonly validation: TokenSet | null }> {
  const whole = (files: readonly NamedFile[]) => wholeSet(files, tokenizer, options.sequenceLength)
  if (valid.length > 0) return { train: await whole(data), validation: await whole(valid) }
  if (options.validationShare === 0) return { train: await whole(data), validation: null }
  return splitSets(data, tokenizer, options)
}
