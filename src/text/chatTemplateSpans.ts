// Where in a rendered conversation people's words stand, and where the answers that are trained do.
//
// A template says neither. Answers are found by rendering the conversation up to each of them: what a longer
// rendering adds to a shorter one is the answer with its end-of-turn token. Words are found by rendering once
// with marks in their place. Both need a template that writes what came before the same way whatever follows;
// one that does not (Qwen3's drops the thoughts of earlier answers) is refused rather than guessed at.
import { AppError } from '../base/errors'
import type { ChatTemplate } from './chatTemplate'
import type { Message, RenderedChat, TextRange, Tokenizer } from './types'

/** @throws AppError `template/not-stable`, and what the template throws. */
export function renderChat(template: ChatTemplate, messages: readonly Message[]): RenderedChat {
  const text = template.render(messages, { addGenerationPrompt: false })
  const contents = findContents(template, messages, { text, addGenerationPrompt: false })
  const answers = messages.flatMap(({ role }, index) => {
    if (role !== 'assistant') return []
    const before = template.render(messages.slice(0, index), { addGenerationPrompt: true })
    const after = template.render(messages.slice(0, index + 1), { addGenerationPrompt: false })
    const content = contents[index]
    if (!text.startsWith(before) || !text.startsWith(after) || after.length < before.length) {
      throw notStable(`the text up to message ${index + 1} changes with what follows`)
    }
    if (!content || content.start < before.length || content.end > after.length) {
      throw notStable(`message ${index + 1} does not stand between its beginning and its end`)
    }
    // Line breaks after the end-of-turn token belong to the next turn.
    return [{ start: before.length, end: Math.max(content.end, after.trimEnd().length) }]
  })
  return { text, contents: contents.filter((range) => range !== undefined), answers }
}

/** What the model is given so that it answers as the assistant. @throws AppError as `renderChat`. */
export function renderChatPrompt(template: ChatTemplate, messages: readonly Message[]): RenderedChat {
  const text = template.render(messages, { addGenerationPrompt: true })
  const contents = findContents(template, messages, { text, addGenerationPrompt: true })
  return { text, contents: contents.filter((range) => range !== undefined), answers: [] }
}

export interface EncodedChat {
  readonly ids: readonly number[]
  /** As long as `ids`: whether the token is of an answer. */
  readonly trained: readonly boolean[]
}

/**
 * The tokens of a rendered conversation. Only what the template wrote becomes control tokens. Text is cut
 * where an answer begins and ends, as it is when the model answers; everything else is encoded as a whole.
 */
export function encodeChat({ text, contents, answers }: RenderedChat, tokenizer: Tokenizer): EncodedChat {
  const special = new Set(tokenizer.specialTokens.values())
  const ids: number[] = []
  const trained: boolean[] = []
  for (const { start, end, isAnswer } of stretches(text.length, answers)) {
    const last = ids.at(-1)
    const after = last === undefined ? 'nothing' : special.has(last) ? 'special' : 'text'
    const allowSpecial = outside(contents, { start, end })
    for (const id of tokenizer.encode(text.slice(start, end), { allowSpecial, after })) {
      ids.push(id)
      trained.push(isAnswer)
    }
  }
  return { ids, trained }
}

/** Private characters: a conversation that holds them itself is refused. */
const MARK_START = '\ue0f0'
const MARK_END = '\ue0f1'
const marked = /\ue0f0(\d+)\ue0f1/g

/** The range of each message's content in `text`; undefined where the template leaves it out. */
function findContents(
  template: ChatTemplate,
  messages: readonly Message[],
  { text, addGenerationPrompt }: { readonly text: string; readonly addGenerationPrompt: boolean },
): (TextRange | undefined)[] {
  if (messages.some(({ content }) => content.includes(MARK_START))) {
    throw notStable('a message holds the private character U+E0F0')
  }
  const stand = messages.map(({ role }, index) => ({ role, content: `${MARK_START}${index}${MARK_END}` }))
  const parts = template.render(stand, { addGenerationPrompt }).split(marked)
  const found: (TextRange | undefined)[] = messages.map(() => undefined)
  let at = 0
  const [beginning = '', ...rest] = parts
  if (!text.startsWith(beginning)) throw notStable('the text depends on what the messages say')
  at += beginning.length
  for (let i = 0; i < rest.length; i += 2) {
    const index = Number(rest[i])
    const next = rest[i + 1] ?? ''
    const written = asWritten(messages[index]?.content ?? '').find((content) => text.startsWith(content + next, at))
    if (written === undefined) throw notStable(`message ${index + 1} is not written as it is`)
    // A content that is written twice would be learned twice.
    if (found[index]) throw notStable(`message ${index + 1} is written twice`)
    found[index] = { start: at, end: at + written.length }
    at += written.length + next.length
  }
  if (at !== text.length) throw notStable('the text depends on what the messages say')
  return found
}

/** Templates trim what people say, or a side of it. */
function asWritten(content: string): string[] {
  return [content, content.trim(), content.trimStart(), content.trimEnd()]
}

interface Stretch extends TextRange {
  readonly isAnswer: boolean
}

function stretches(length: number, answers: readonly TextRange[]): Stretch[] {
  const all: Stretch[] = []
  let at = 0
  for (const { start, end } of answers) {
    all.push({ start: at, end: start, isAnswer: false }, { start, end, isAnswer: true })
    at = end
  }
  all.push({ start: at, end: length, isAnswer: false })
  return all.filter(({ start, end }) => end > start)
}

/** What of `within` is outside `ranges`, from the beginning of `within`. */
function outside(ranges: readonly TextRange[], within: TextRange): TextRange[] {
  const free: TextRange[] = []
  let at = within.start
  for (const { start, end } of ranges) {
    if (end <= within.start || start >= within.end) continue
    free.push({ start: at - within.start, end: start - within.start })
    at = end
  }
  free.push({ start: at - within.start, end: within.end - within.start })
  return free.filter(({ start, end }) => end > start)
}

function notStable(what: string): AppError {
  return new AppError('template/not-stable', { message: `chat template: ${what}`, details: { what } })
}
