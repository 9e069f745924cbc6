// Templates that never end, in a real worker: the page ends it, and the next call works again.
import { afterAll, describe, expect, test } from 'vitest'
import { AppError } from '../../src/base/errors'
import { applyChatTemplate, endTemplateWorker, renderChatTemplate, TEMPLATE_LIMIT_MS } from '../../src/rpc/templates'
import type { Message } from '../../src/text/types'
import { endingTemplates, endlessTemplates } from '../unit/text/hostileTemplates'

const messages: readonly Message[] = [
  { role: 'user', content: 'a' },
  { role: 'assistant', content: 'b' },
]
const chatml = "{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' }}{% endfor %}"
const request = (template: string) => ({
  template,
  messages,
  addGenerationPrompt: false,
  bosToken: null,
  eosToken: '</s>',
})
const written = '<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\nb<|im_end|>\n'

afterAll(endTemplateWorker)

async function ending(template: string): Promise<string> {
  try {
    await applyChatTemplate(request(template))
    return 'written'
  } catch (thrown) {
    return thrown instanceof AppError ? thrown.code : `untyped: ${String(thrown)}`
  }
}

describe('the template worker', () => {
  test('writes a conversation, and says where its answers are', async () => {
    expect(await applyChatTemplate(request(chatml))).toBe(written)
    const { text, answers } = await renderChatTemplate(request(chatml))
    // Without a prompt of its own the template leaves the head of the turn to the model.
    expect(answers.map(({ start, end }) => text.slice(start, end))).toEqual(['<|im_start|>assistant\nb<|im_end|>'])
  })

  test.each([...endingTemplates, ...endlessTemplates])('survives $name', async ({ template, ends }) => {
    await applyChatTemplate(request(chatml)) // a fresh worker's start is no template's doing
    const start = performance.now()
    expect(ends).toContain(await ending(template))
    expect(performance.now() - start).toBeLessThan(TEMPLATE_LIMIT_MS + 500)
    expect(await applyChatTemplate(request(chatml))).toBe(written)
  })

  test('calls wait for each other, not on their own time', async () => {
    const [slow, quick] = await Promise.all([
      ending(endlessTemplates[0]?.template ?? ''),
      applyChatTemplate(request(chatml)),
    ])
    expect([slow, quick]).toEqual(['template/too-slow', written])
  })
})
