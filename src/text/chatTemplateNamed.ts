// The common chat templates by name, without Jinja: for models that bring none, or one that cannot be run.
import type { ChatTemplate, TemplateTokens } from './chatTemplate'
import type { Message, Role } from './types'

export const templateNames = ['chatml', 'llama3', 'zephyr', 'alpaca'] as const
/** Zephyr's is TinyLlama's too. */
export type TemplateName = (typeof templateNames)[number]

export function namedTemplate(name: TemplateName, { bosToken, eosToken }: TemplateTokens): ChatTemplate {
  const style = styles[name]
  const tokens = { bos: bosToken ?? '', eos: eosToken ?? '' }
  return {
    render(messages, { addGenerationPrompt }) {
      const turns = messages.map((message) => style.turn(message, tokens))
      const begin = name === 'llama3' ? tokens.bos : ''
      return [begin, ...turns, addGenerationPrompt ? style.asking : ''].join('')
    },
  }
}

/** The template whose turns are marked by tokens the tokenizer has; `alpaca`, which needs none, for the others. */
export function suitableTemplate(specialTokens: ReadonlyMap<string, number>): TemplateName {
  const has = (...tokens: string[]): boolean => tokens.every((token) => specialTokens.has(token))
  if (has('<|im_start|>', '<|im_end|>')) return 'chatml'
  if (has('<|start_header_id|>', '<|end_header_id|>', '<|eot_id|>')) return 'llama3'
  return has('<|user|>', '<|assistant|>') ? 'zephyr' : 'alpaca'
}

interface Style {
  turn(message: Message, tokens: { readonly bos: string; readonly eos: string }): string
  /** What an answer comes after. */
  readonly asking: string
}

const alpacaHeads: Readonly<Record<Role, string>> = {
  system: '',
  user: '### Instruction:\n',
  assistant: '### Response:\n',
}

const styles: Readonly<Record<TemplateName, Style>> = {
  chatml: {
    turn: ({ role, content }) => `<|im_start|>${role}\n${content}<|im_end|>\n`,
    asking: '<|im_start|>assistant\n',
  },
  llama3: {
    turn: ({ role, content }) => `<|start_header_id|>${role}<|end_header_id|>\n\n${content.trim()}<|eot_id|>`,
    asking: '<|start_header_id|>assistant<|end_header_id|>\n\n',
  },
  zephyr: {
    turn: ({ role, content }, { eos }) => `<|${role}|>\n${content}${eos}\n`,
    asking: '<|assistant|>\n',
  },
  alpaca: {
    turn: ({ role, content }, { eos }) => `${alpacaHeads[role]}${content}${role === 'assistant' ? eos : ''}\n\n`,
    asking: '### Response:\n',
  },
}
