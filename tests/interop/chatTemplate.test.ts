// Chat templates against what transformers writes; make_chat_templates.py wrote the goldens.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { AppError } from '../../src/base/errors'
import { applyChatTemplate, compileChatTemplate, type ChatTemplate } from '../../src/text/chatTemplate'
import { namedTemplate, templateNames } from '../../src/text/chatTemplateNamed'
import { renderChat } from '../../src/text/chatTemplateSpans'
import type { Message } from '../../src/text/types'

interface Goldens {
  readonly bosToken: string
  readonly eosToken: string
  readonly conversations: readonly (readonly Message[])[]
  readonly cases: Readonly<
    Record<string, { readonly template: string; readonly written: readonly (string | { readonly refused: string })[] }>
  >
}

const { cases, conversations, ...tokens } = JSON.parse(
  readFileSync(new URL('goldens/tokenizers/chat-templates.json', import.meta.url), 'utf8'),
) as Goldens

const asked = conversations.flatMap((messages) =>
  [false, true].map((addGenerationPrompt) => ({ messages, addGenerationPrompt })),
)

function attempt(run: () => string): unknown {
  try {
    return run()
  } catch (thrown) {
    return thrown instanceof AppError && thrown.code === 'template/refused'
      ? { refused: thrown.details['said'] }
      : thrown
  }
}

test.each(Object.entries(cases))('%s writes what transformers writes', (_name, { template, written }) => {
  expect(asked.length).toBe(written.length)
  const ours = asked.map((one) => attempt(() => applyChatTemplate({ template, ...tokens, ...one })))
  expect(ours).toEqual(written)
})

test.each(templateNames)('%s by name writes what it writes as Jinja', (name) => {
  const template = namedTemplate(name, tokens)
  const ours = asked.map(({ messages, ...options }) => template.render(messages, options))
  expect(ours).toEqual(cases[name]?.written)
})

describe('answers', () => {
  const answered = conversations.filter((messages) => messages.some(({ role }) => role === 'assistant'))
  const answersOf = (template: ChatTemplate, messages: readonly Message[]): string[] => {
    const { text, answers } = renderChat(template, messages)
    return answers.map(({ start, end }) => text.slice(start, end))
  }

  test.each([
    ['chatml', (content: string) => `${content}<|im_end|>`],
    ['chatml-system', (content: string) => `${content}<|im_end|>`],
    ['llama3', (content: string) => `${content.trim()}<|eot_id|>`],
    ['zephyr', (content: string) => `${content}</s>`],
    ['alpaca', (content: string) => `${content}</s>`],
  ] as const)('of %s are what was said and the end of the turn', (name, expected) => {
    const template = compileChatTemplate(cases[name]?.template ?? '', tokens)
    // These two look at a first message before they ask for an answer, so none can begin a conversation.
    const needsFirst = name === 'chatml-system' || name === 'zephyr'
    const usable = needsFirst ? answered.filter(([first]) => first?.role !== 'assistant') : answered
    expect(usable.length).toBeGreaterThan(8)
    for (const messages of usable) {
      const said = messages.filter(({ role }) => role === 'assistant').map(({ content }) => expected(content))
      expect(answersOf(template, messages)).toEqual(said)
    }
  })

  test('of llama2 come after its instruction, with their space', () => {
    const template = compileChatTemplate(cases['llama2']?.template ?? '', tokens)
    expect(answersOf(template, conversations[3] ?? [])).toEqual([' b </s>', ' d </s>'])
  })

  test('of a template that rewrites earlier answers are not guessed', () => {
    const template = compileChatTemplate(cases['thinking']?.template ?? '', tokens)
    expect(answersOf(template, conversations[1] ?? [])).toEqual(['<think>\n\n</think>\n\nHi, how are you?<|im_end|>'])
    for (const index of [3, 9]) {
      expect(() => renderChat(template, conversations[index] ?? [])).toThrow(
        expect.objectContaining({ code: 'template/not-stable' }),
      )
    }
  })
})
