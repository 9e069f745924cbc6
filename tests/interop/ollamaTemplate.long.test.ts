// The templates of our Modelfiles in Go's own template package, against what each model's template writes in Jinja (which
// chatTemplate.test.ts compares with transformers). Skipped where there is no Go.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { defined } from '../../src/base/assert'
import { applyChatTemplate } from '../../src/text/chatTemplate'
import { goTemplate } from '../../src/text/ollamaChat'
import { recognizeChat } from '../../src/text/recognizeChat'
import type { Message } from '../../src/text/types'

const { cases, conversations, ...tokens } = JSON.parse(
  readFileSync(new URL('goldens/tokenizers/chat-templates.json', import.meta.url), 'utf8'),
) as {
  bosToken: string
  eosToken: string
  conversations: readonly (readonly Message[])[]
  cases: Record<string, { template: string }>
}

const program = join(import.meta.dirname, 'go/render.go')
const hasGo = spawnSync('go', ['version']).status === 0

/** Those that Ollama can send: up to their last question, in turns, nothing to trim at the ends of a message. */
const asked = conversations
  .map((messages) => messages.slice(0, 1 + messages.findLastIndex(({ role }) => role === 'user')))
  .filter(
    (messages) =>
      messages[0]?.role !== 'assistant' &&
      messages.every(({ role }, index) => role !== messages[index - 1]?.role) &&
      messages.every(({ content }) => content === content.trim() && !content.includes('<think>')),
  )

test
  .skipIf(!hasGo)
  .each(['chatml', 'chatml-system', 'llama3', 'llama3-system', 'llama2', 'zephyr', 'alpaca', 'thinking'])(
  '%s writes in Go what it writes in Jinja',
  (name) => {
    const chat = recognizeChat({ template: cases[name]?.template ?? '', ...tokens })
    if (chat.kind !== 'known') throw new Error(chat.kind)
    const jobs = asked.map((messages) => {
      const template = { template: defined(cases[name], name).template, ...tokens }
      // Ollama puts the Modelfile's SYSTEM before a conversation that has no system message.
      const isGiven = messages[0]?.role === 'system' || chat.defaultSystem === null
      const sent = isGiven ? messages : [{ role: 'system', content: chat.defaultSystem }, ...messages]
      const written = applyChatTemplate({ ...template, messages, addGenerationPrompt: true })
      return { template: goTemplate(chat, { addsBos: false }), messages: sent, written }
    })
    const ran = spawnSync('go', ['run', program], { input: JSON.stringify(jobs), encoding: 'utf8' })
    expect(ran.stderr).toBe('')
    expect(JSON.parse(ran.stdout)).toEqual(jobs.map(({ written }) => written))
    console.info(`${name}: ${jobs.length} conversations`)
    expect(jobs.length).toBeGreaterThan(6)
  },
  120_000,
)
