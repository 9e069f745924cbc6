// Documents as token samples with a loss mask, and the split into training and validation.
import { AppError } from '../base/errors'
import { shuffledIndexes } from '../base/random'
import type { ChatTemplate } from './chatTemplate'
import { encodeChat, renderChat } from './chatTemplateSpans'
import {
  chatFormatOf,
  chatPromptSegments,
  chatSegments,
  formatPrompt,
  promptSegments,
  type Segment,
} from './promptTemplate'
import type { CorpusDocument, CorpusKind, Message, Prompt, Tokenizer } from './types'

/** Validation runs again and again during training, so it is kept small. */
const MAX_VALIDATION_DOCUMENTS = 200
const SPLIT_STREAM = 0x5917_0000

export interface TokenSample {
  readonly ids: Uint32Array
  /** 1 where the loss counts this token. As long as `ids`. */
  readonly trained: Uint8Array
  /** Running text, which shares sequences with its neighbours. */
  readonly isPacked: boolean
}

export interface Split {
  /** Indexes of documents, rising. */
  readonly train: readonly number[]
  readonly validation: readonly number[]
}

/** How a model reads: its tokenizer, and its chat template where it has one that can be used. */
export interface Reading {
  readonly tokenizer: Tokenizer
  /** Conversations are written in our own format without it. */
  readonly chat?: ChatTemplate | null
}

/**
 * Every sample ends with the end of text. It is trained, except after a conversation whose last word is
 * not the assistant's. A model's own chat template ends a conversation itself, and nothing is added.
 *
 * @throws AppError `template/refused`, `template/not-stable` for a conversation that the template does not take.
 */
export function makeSample(entry: CorpusDocument, { tokenizer, chat }: Reading): TokenSample {
  if (entry.kind === 'messages' && chat) {
    const encoded = encodeChat(renderChat(chat, entry.messages), tokenizer)
    return {
      ids: Uint32Array.from(encoded.ids),
      trained: Uint8Array.from(encoded.trained, Number),
      isPacked: false,
    }
  }
  const ids = beginning(entry.kind, tokenizer)
  const trained = ids.map(() => 0)
  let isLastTrained = false
  for (const { text, isTrained, isSpecial } of segmentsOf(entry, tokenizer)) {
    for (const id of tokenizer.encode(text, { allowSpecial: isSpecial })) {
      ids.push(id)
      trained.push(isTrained ? 1 : 0)
    }
    isLastTrained = isTrained
  }
  ids.push(tokenizer.endOfTextId)
  trained.push(isLastTrained ? 1 : 0)
  return { ids: Uint32Array.from(ids), trained: Uint8Array.from(trained), isPacked: entry.kind === 'text' }
}

/** A chat template writes its own beginning. */
function beginning(kind: CorpusDocument['kind'], { beginOfTextId }: Tokenizer): number[] {
  return kind === 'messages' || beginOfTextId === undefined ? [] : [beginOfTextId]
}

/** What `makeSample` makes of a document of this kind, with {names} where a person's text goes. */
export function templateOf(kind: CorpusKind, { tokenizer, chat }: Reading): string {
  if (kind === 'messages' && chat) return renderedTemplate(chat)
  const written = segmentsOf(placeholders[kind], tokenizer).map(({ text }) => text)
  const begins = beginning(placeholders[kind].kind, tokenizer).map((id) => tokenizer.decodeToken(id))
  return [...begins, ...written].join('') + tokenizer.decodeToken(tokenizer.endOfTextId)
}

/** Some templates take no system message. */
function renderedTemplate(chat: ChatTemplate): string {
  try {
    return chat.render(placeholderMessages, { addGenerationPrompt: false })
  } catch {
    return chat.render(placeholderMessages.slice(1), { addGenerationPrompt: false })
  }
}

const placeholderMessages: readonly Message[] = [
  { role: 'system', content: '{system}' },
  { role: 'user', content: '{user}' },
  { role: 'assistant', content: '{assistant}' },
]

const placeholders: Readonly<Record<CorpusKind, CorpusDocument>> = {
  text: { kind: 'text', text: '{text}' },
  'text-rows': { kind: 'text', text: '{text}' },
  'prompt-completion': { kind: 'prompt-completion', prompt: '{prompt}', completion: '{completion}' },
  messages: { kind: 'messages', messages: placeholderMessages },
}

/** The tokens that ask for a continuation, a completion or the assistant's next turn. */
export function encodePrompt({ text, as }: Prompt, tokenizer: Tokenizer): number[] {
  if (typeof as === 'object') return [...encodeChat(as, tokenizer).ids]
  if (as === 'chat') {
    const segments = chatPromptSegments([{ role: 'user', content: text }], chatFormatOf(tokenizer.specialTokens))
    return segments.flatMap(({ text: part, isSpecial }) => tokenizer.encode(part, { allowSpecial: isSpecial }))
  }
  if (as === 'completion')
    return [...beginning('prompt-completion', tokenizer), ...tokenizer.encode(formatPrompt(text))]
  // Running text begins after the end of another: that is how the model learned where texts begin.
  return [tokenizer.beginOfTextId ?? tokenizer.endOfTextId, ...tokenizer.encode(text)]
}

/**
 * Which documents are held out: `share` of them by a seeded draw, at least one, at most half and at most 200.
 *
 * @throws AppError `corpus/empty`, or `corpus/too-small` for a single document.
 */
export function splitDocuments(count: number, share: number, seed: number): Split {
  if (count === 0) throw new AppError('corpus/empty', { message: 'no documents' })
  if (count === 1) {
    throw new AppError('corpus/too-small', {
      message: '1 document; at least 2 are needed, one to train on and one to validate with',
      details: { documents: count, needed: 2 },
    })
  }
  const limit = Math.min(Math.floor(count / 2), MAX_VALIDATION_DOCUMENTS)
  const heldOut = Math.min(Math.max(Math.round(count * share), 1), limit)
  const order = shuffledIndexes(count, seed, SPLIT_STREAM)
  const rising = (indexes: Uint32Array): number[] => [...indexes].sort((a, b) => a - b)
  return { validation: rising(order.subarray(0, heldOut)), train: rising(order.subarray(heldOut)) }
}

/**
 * As `splitDocuments`, of the distinct documents: copies go where the first of them goes, so that no text of
 * the validation is trained on.
 *
 * keys: equal for documents that are copies of each other.
 *
 * @throws AppError as `splitDocuments`; copies of one document count as one.
 */
export function splitWithoutLeakage(keys: readonly string[], share: number, seed: number): Split {
  const places = new Map<string, number>()
  const groups = keys.map((key) => {
    const group = places.get(key) ?? places.size
    places.set(key, group)
    return group
  })
  const heldOut = new Set(splitDocuments(places.size, share, seed).validation)
  const side = (isHeldOut: boolean): number[] =>
    [...groups.keys()].filter((index) => heldOut.has(groups[index] ?? 0) === isHeldOut)
  return { train: side(false), validation: side(true) }
}

function segmentsOf(entry: CorpusDocument, tokenizer: Tokenizer): Segment[] {
  switch (entry.kind) {
    case 'text':
      return [{ text: entry.text, isTrained: true, isSpecial: false }]
    case 'prompt-completion':
      return promptSegments(entry.prompt, entry.completion)
    case 'messages':
      return chatSegments(entry.messages, chatFormatOf(tokenizer.specialTokens))
  }
}
