// Text files as token sequences: split like on the page, or whole, for a text that is only measured on.
import { AppError } from '../base/errors'
import type { NamedFile } from '../engine/api'
import { openModelFiles } from '../engine/modelFiles/modelFiles'
import { buildTokenSet, isTrainable } from '../text/batches'
import { decodeText } from '../text/corpus/decodeText'
import { readCorpus, readTable } from '../text/corpus/detectCorpus'
import { openFiles, type OpenedFile } from '../text/corpus/openFiles'
import { prepareCorpus } from '../text/prepareCorpus'
import { makeSample, type Reading } from '../text/samples'
import { compileChatTemplate } from '../text/chatTemplate'
import { renderChat } from '../text/chatTemplateSpans'
import { modelTemplateOf, trialConversation, type ModelTemplate } from '../text/modelTemplate'
import { readTokenizerFiles } from '../text/tokenizerFiles'
import type { CorpusDocument, PreparedCorpus, Tokenizer, TokenSet } from '../text/types'
import { openLocation } from './folderSource'

export interface SplitOptions {
  readonly sequenceLength: number
  /** 0: nothing is held out. */
  readonly validationShare: number
  readonly seed: number
}

/** How the model at `location` reads; its weights are not read. */
export async function openReading(location: string): Promise<Reading> {
  const read = readTokenizerFiles((await openModelFiles(await openLocation(location))).tokenizer)
  return readingOf(read.tokenizer, modelTemplateOf(read))
}

/** As on the page: a chat template is used where it can write a conversation. Without the page's deadline. */
export function readingOf(tokenizer: Tokenizer, template: ModelTemplate | null): Reading {
  if (!template) return { tokenizer }
  try {
    const chat = compileChatTemplate(template.template, template)
    renderChat(chat, trialConversation)
    return { tokenizer, chat }
  } catch {
    return { tokenizer }
  }
}

/**
 * Every document of the files in one set. Each file must be readable. A text that is only measured on stays one
 * document; one that is learned from comes in the pieces that the page would make.
 *
 * @throws AppError `corpus/*`
 */
export async function wholeSet(
  files: readonly NamedFile[],
  reading: Reading,
  { sequenceLength, isMeasured }: { readonly sequenceLength: number; readonly isMeasured: boolean },
): Promise<TokenSet> {
  const opened = await openFiles(files)
  const documents = opened.flatMap((file) => documentsOf(file, isMeasured))
  const samples = documents.map((entry) => makeSample(entry, reading))
  const usable = samples.filter((sample) => isTrainable(sample, sequenceLength))
  return buildTokenSet(usable, { sequenceLength, paddingId: reading.tokenizer.endOfTextId })
}

function documentsOf({ name, bytes, rows }: OpenedFile, isMeasured: boolean): readonly CorpusDocument[] {
  if (rows instanceof AppError) throw rows
  if (rows !== undefined) return readTable(name, rows, {}).documents
  return readCorpus(name, decodeText(bytes, name), { keepsWhole: isMeasured }).documents
}

/** The page's split. @throws AppError `corpus/*` */
export async function splitSets(
  files: readonly NamedFile[],
  reading: Reading,
  { sequenceLength, validationShare, seed }: SplitOptions,
): Promise<PreparedCorpus> {
  return prepareCorpus(await openFiles(files), reading, { sequenceLength, validationShare, seed })
}

/**
 * What a run learns from and is measured on: the page's split of `data`, or, with files of its own to
 * validate on or nothing to hold out, all of it.
 */
export async function trainingSets(
  { data, valid }: { readonly data: readonly NamedFile[]; readonly valid: readonly NamedFile[] },
  reading: Reading,
  options: SplitOptions,
): Promise<{ readonly train: TokenSet; readonly validation: TokenSet | null }> {
  const { sequenceLength } = options
  const train = () => wholeSet(data, reading, { sequenceLength, isMeasured: false })
  if (valid.length > 0) {
    return { train: await train(), validation: await wholeSet(valid, reading, { sequenceLength, isMeasured: true }) }
  }
  if (options.validationShare === 0) return { train: await train(), validation: null }
  return splitSets(data, reading, options)
}
