// The chat template that a model brings, and whether it can be used.
import type { TemplateTokens } from './chatTemplate'
import type { TokenizerWithTemplates } from './tokenizerFiles'
import type { Message } from './types'

/** A template with the tokens it writes by name: plain data, for it is compiled where it can be ended. */
export interface ModelTemplate extends TemplateTokens {
  readonly template: string
}

/** Null where the model brings none. */
export function modelTemplateOf(read: TokenizerWithTemplates): ModelTemplate | null {
  const [first] = read.chatTemplates
  return first ? { template: first.template, bosToken: read.bosToken, eosToken: read.eosToken } : null
}

/** A template that cannot write these, the same way whatever follows, is no use for training. */
export const trialConversation: readonly Message[] = [
  { role: 'user', content: 'one' },
  { role: 'assistant', content: 'two' },
  { role: 'user', content: 'three' },
  { role: 'assistant', content: 'four' },
]
