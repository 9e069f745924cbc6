// Which known format a model's chat template writes: it is run on a few conversations, and where what it writes is what
// a known format writes, that format stands for it.
import { AppError } from '../base/errors'
import { compileChatTemplate } from './chatTemplate'
import type { ModelTemplate } from './modelTemplate'
import {
  chatFormatNames,
  formatOf,
  writeChat,
  type ChatFormat,
  type KnownChat,
  type OllamaChat,
  type Turn,
} from './ollamaChat'
import type { Message } from './types'

// Nothing at the ends of a message that a template may trim: Go's language has no way to.
const user: Message = { role: 'user', content: 'What is the sea?\nIn a word, {{ please }}.' }
const system: Message = { role: 'system', content: 'Answer as a sailor.\n\n날씨도 말해 주세요.' }
const later: readonly Message[] = [
  { role: 'assistant', content: 'Water <b>and</b> salt.' },
  { role: 'user', content: 'And the sky?' },
]

/** What models that think drop from earlier answers. */
const thoughtful: readonly Message[] = [
  { role: 'assistant', content: '<think>\nIt is wet.\n</think>\n\nWater.' },
  { role: 'user', content: 'And the sky?' },
]

/** Which known format a model's template writes. Runs the template: where that can be ended. */
export function recognizeChat(template: ModelTemplate | null): OllamaChat {
  if (!template) return { kind: 'text' }
  try {
    const compiled = compileChatTemplate(template.template, template)
    return recognized(template, (messages) => compiled.render(messages, { addGenerationPrompt: true }))
  } catch (thrown) {
    if (thrown instanceof AppError) return { kind: 'unknown' }
    throw thrown
  }
}

function recognized(template: ModelTemplate, render: (messages: readonly Message[]) => string): OllamaChat {
  const [bosToken, eosToken] = [template.bosToken ?? '', template.eosToken ?? '']
  if (hasMeaning(bosToken) || hasMeaning(eosToken)) return { kind: 'unknown' }
  const writesBos = bosToken !== '' && render([user]).startsWith(bosToken)
  const said = (messages: readonly Message[]) => render(messages).slice(writesBos ? bosToken.length : 0)
  // With a system message and without, one question and two.
  const conversations = [[user], [user, ...later], [system, user], [system, user, ...later]].map((messages) => ({
    messages,
    written: said(messages),
  }))
  const thoughts = { messages: [system, user, ...thoughtful], written: said([system, user, ...thoughtful]) }
  for (const format of chatFormatNames) {
    const known = formatOf(format, { bosToken, eosToken })
    for (const own of ownSystems(known, said([user]))) {
      const isWritten = ({ messages, written }: typeof thoughts) =>
        writeChat(known, withSystem(messages, own)) === written
      if (!conversations.every(isWritten)) continue
      return { kind: 'known', format, bosToken, eosToken, writesBos, ...own, dropsThoughts: !isWritten(thoughts) }
    }
  }
  return { kind: 'unknown' }
}

type OwnSystem = Pick<KnownChat, 'defaultSystem' | 'systemPrefix'>

/** What a template may say by itself, judged by a conversation without a system message. */
function ownSystems(format: ChatFormat, asked: string): OwnSystem[] {
  const own = systemIn(format, asked)
  return [
    { defaultSystem: null, systemPrefix: null },
    ...(own === null
      ? []
      : [
          { defaultSystem: own, systemPrefix: null },
          { defaultSystem: null, systemPrefix: own },
        ]),
  ]
}

function withSystem(messages: readonly Message[], { defaultSystem, systemPrefix }: OwnSystem): readonly Message[] {
  const [first, ...rest] = messages
  const given = first?.role === 'system' ? first.content : null
  const content = systemPrefix === null ? (given ?? defaultSystem) : systemPrefix + (given ?? '')
  return content === null ? messages : [{ role: 'system', content }, ...(given === null ? messages : rest)]
}

/** True for what would be more than text in a Modelfile or in a template there. */
function hasMeaning(text: string): boolean {
  return text.includes('{{') || /["\n]/.test(text)
}

/** The system message in a conversation where none was given. Null for none, and for one that Ollama would run. */
function systemIn(format: ChatFormat, asked: string): string | null {
  const { before, after } = format.turns.system
  const rest = after + writeChat({ ...format, turns: { ...format.turns, user: openUser(format) } }, [user])
  if (!asked.startsWith(before) || !asked.endsWith(rest)) return null
  const own = asked.slice(before.length, asked.length - rest.length)
  return own === '' || own.includes('{{') || own.includes('"""') ? null : own
}

function openUser({ turns, opensWithSystem }: ChatFormat): Turn {
  return opensWithSystem ? { ...turns.user, before: '' } : turns.user
}
