// How rows become text. Training and the prompts of Compare go through the same functions, so that the
// model is asked in the words it was taught in.
import type { Message, Role } from './types'

/** What the token view says about a prompt with its completion. */
export const PROMPT_COMPLETION_TEMPLATE = '{prompt}\n{completion}'

/** `chatml` has special tokens around each turn; `plain` is for tokenizers without them. */
export type ChatFormat = 'chatml' | 'plain'

/** A stretch of a sample. Special tokens are written by us, never taken from a person's text. */
export interface Segment {
  readonly text: string
  readonly isTrained: boolean
  readonly isSpecial: boolean
}

/** The text before a completion. */
export function formatPrompt(prompt: string): string {
  return `${prompt}\n`
}

export function promptSegments(prompt: string, completion: string): Segment[] {
  return [quiet(formatPrompt(prompt)), { text: completion, isTrained: true, isSpecial: false }]
}

export function chatFormatOf(specialTokens: ReadonlyMap<string, number>): ChatFormat {
  return specialTokens.has('<|im_start|>') && specialTokens.has('<|im_end|>') ? 'chatml' : 'plain'
}

/** A conversation; what the assistant says, and that it stops, is trained. */
export function chatSegments(messages: readonly Message[], format: ChatFormat): Segment[] {
  return messages.flatMap(({ role, content }, index) => {
    const isTrained = role === 'assistant'
    const said = { text: content, isTrained, isSpecial: false }
    const between = index === 0 ? [] : [quiet('\n')]
    if (format === 'plain') return [...between, quiet(`${plainNames[role]}: `), said]
    const end = { text: '<|im_end|>', isTrained, isSpecial: true }
    return [...between, special('<|im_start|>'), quiet(`${role}\n`), said, end]
  })
}

/** What the model is given so that it answers as the assistant. */
export function chatPromptSegments(messages: readonly Message[], format: ChatFormat): Segment[] {
  const asked = chatSegments(messages, format).map((segment) => ({ ...segment, isTrained: false }))
  const between = messages.length === 0 ? [] : [quiet('\n')]
  if (format === 'plain') return [...asked, ...between, quiet(`${plainNames.assistant}: `)]
  return [...asked, ...between, special('<|im_start|>'), quiet('assistant\n')]
}

const plainNames: Record<Role, string> = { system: 'System', user: 'User', assistant: 'Assistant' }

function quiet(text: string): Segment {
  return { text, isTrained: false, isSpecial: false }
}

function special(text: string): Segment {
  return { text, isTrained: false, isSpecial: true }
}
