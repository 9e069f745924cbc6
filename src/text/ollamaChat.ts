// How models hold conversations, said in Go's template language for Ollama. A model's own template is a program in
// Jinja and cannot be translated; but nearly all of them write one of these formats, and which one can be seen by
// running it (recognizeChat.ts).
import type { Message, Role } from './types'

export const chatFormatNames = ['chatml', 'llama3', 'llama2', 'zephyr', 'alpaca'] as const
export type ChatFormatName = (typeof chatFormatNames)[number]

export type OllamaChat =
  /** The model brings no template: it continues text. */
  | { readonly kind: 'text' }
  /** Its template is none that is known, or cannot be run. */
  | { readonly kind: 'unknown' }
  | {
      readonly kind: 'known'
      readonly format: ChatFormatName
      /** Empty where there is none, as `eosToken`. */
      readonly bosToken: string
      readonly eosToken: string
      /** The template begins with `bosToken`. */
      readonly writesBos: boolean
      /** What it says where nobody gave a system message; null for nothing. */
      readonly defaultSystem: string | null
      /** What it writes before every system message, whether there is one or not; null for nothing. */
      readonly systemPrefix: string | null
      /** Earlier answers lose what they thought; Go's language has no way to say so. */
      readonly dropsThoughts: boolean
    }

export type KnownChat = Extract<OllamaChat, { kind: 'known' }>

export interface Turn {
  readonly before: string
  readonly after: string
}

export interface ChatFormat {
  readonly turns: Readonly<Record<Role, Turn>>
  /** A system message is the beginning of the first question, which then has no beginning of its own. */
  readonly opensWithSystem: boolean
  /** What an answer comes after. */
  readonly asking: string
  /** Where Ollama stops, besides at the end of text. */
  readonly stops: readonly string[]
}

export function formatOf(
  name: ChatFormatName,
  { bosToken: bos, eosToken: eos }: Pick<KnownChat, 'bosToken' | 'eosToken'>,
) {
  return formats[name](bos, eos)
}

/** The same marks around every turn, but for its role. */
function marked(before: (role: Role) => string, after: string, stops: readonly string[]): ChatFormat {
  const turn = (role: Role) => ({ before: before(role), after })
  const turns = { system: turn('system'), user: turn('user'), assistant: turn('assistant') }
  return { turns, opensWithSystem: false, asking: before('assistant'), stops }
}

const formats: Readonly<Record<ChatFormatName, (bos: string, eos: string) => ChatFormat>> = {
  chatml: () => marked((role) => `<|im_start|>${role}\n`, '<|im_end|>\n', ['<|im_start|>', '<|im_end|>']),
  llama3: () =>
    marked((role) => `<|start_header_id|>${role}<|end_header_id|>\n\n`, '<|eot_id|>', [
      '<|start_header_id|>',
      '<|end_header_id|>',
      '<|eot_id|>',
    ]),
  zephyr: (_, eos) => marked((role) => `<|${role}|>\n`, `${eos}\n`, ['<|system|>', '<|user|>', '<|assistant|>']),
  llama2: (bos, eos) => ({
    turns: {
      system: { before: '[INST] <<SYS>>\n', after: '\n<</SYS>>\n\n' },
      user: { before: '[INST] ', after: ' [/INST]' },
      assistant: { before: ' ', after: ` ${eos}${bos}` },
    },
    opensWithSystem: true,
    asking: '',
    stops: ['[INST]', '[/INST]', '<<SYS>>', '<</SYS>>'],
  }),
  alpaca: (_, eos) => ({
    turns: {
      system: { before: '', after: '\n\n' },
      user: { before: '### Instruction:\n', after: '\n\n' },
      assistant: { before: '### Response:\n', after: `${eos}\n\n` },
    },
    opensWithSystem: false,
    asking: '### Response:\n',
    stops: ['### Instruction:'],
  }),
}

/** Up to the answer that is asked for. */
export function writeChat({ turns, opensWithSystem, asking }: ChatFormat, messages: readonly Message[]): string {
  const written = messages.map(({ role, content }, index) => {
    const isOpen = opensWithSystem && role === 'user' && messages[index - 1]?.role === 'system'
    return `${isOpen ? '' : turns[role].before}${content}${turns[role].after}`
  })
  return [...written, asking].join('')
}

/** addsBos: the tokenizer of the model's file puts `bosToken` before every text. */
export function goTemplate(chat: KnownChat, { addsBos }: { readonly addsBos: boolean }): string {
  const { turns, opensWithSystem, asking } = formatOf(chat.format, chat)
  const content = (role: Role) => `${turns[role].before}{{ .Content }}${turns[role].after}`
  const begin = chat.writesBos && !addsBos ? chat.bosToken : ''
  const prefixed = (given: string) => `${turns.system.before}${chat.systemPrefix ?? ''}${given}${turns.system.after}`
  // With a prefix there is always a system message, which then stands before all turns.
  const first = chat.systemPrefix === null ? '' : prefixed('{{ .System }}')
  const systemTurn = chat.systemPrefix === null ? content('system') : ''
  if (!opensWithSystem) {
    const role = (name: Role, text: string) => `{{ if eq .Role "${name}" }}${text}{{ end }}`
    const all = role('system', systemTurn) + role('user', content('user')) + role('assistant', content('assistant'))
    return `${begin}${first}{{ range .Messages }}${all}{{ end }}${asking}`
  }
  const { before, after } = turns.user
  return [
    `${begin}${first}{{ $open := ${first === '' ? 'false' : 'true'} }}{{ range .Messages }}`,
    `{{ if eq .Role "system" }}${systemTurn}{{ $open = true }}{{ end }}`,
    `{{ if eq .Role "user" }}{{ if not $open }}${before}{{ end }}{{ .Content }}${after}{{ $open = false }}{{ end }}`,
    `{{ if eq .Role "assistant" }}${content('assistant')}{{ end }}`,
    `{{ end }}${asking}`,
  ].join('')
}

/** Texts at which an answer ends. */
export function stopsOf(chat: KnownChat): readonly string[] {
  const { stops } = formatOf(chat.format, chat)
  return chat.eosToken === '' || stops.includes(chat.eosToken) ? stops : [...stops, chat.eosToken]
}
