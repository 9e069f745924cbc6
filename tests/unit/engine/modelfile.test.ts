// Modelfiles for Ollama: which of the known formats a template writes, and what is said of one that is none of them.
// That the templates write in Go what they write in Jinja: tests/interop/ollamaTemplate.long.test.ts.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { modelfile } from '../../../src/engine/modelfile'
import { goTemplate, type OllamaChat } from '../../../src/text/ollamaChat'
import { recognizeChat } from '../../../src/text/recognizeChat'

const { cases, bosToken, eosToken } = JSON.parse(
  readFileSync(new URL('../../interop/goldens/tokenizers/chat-templates.json', import.meta.url), 'utf8'),
) as { bosToken: string; eosToken: string; cases: Record<string, { template: string }> }

const recognized = (name: string) => recognizeChat({ template: cases[name]?.template ?? '', bosToken, eosToken })
const text = (chat: OllamaChat, addsBos = true) =>
  new TextDecoder().decode(modelfile({ from: 'model-f16.gguf', adapter: null, chat, addsBos }).bytes)

test.each([
  ['chatml', { format: 'chatml', writesBos: false, dropsThoughts: false }],
  ['chatml-system', { format: 'chatml', defaultSystem: 'You answer in short sentences.' }],
  ['llama3', { format: 'llama3', writesBos: true, defaultSystem: null, systemPrefix: null }],
  ['llama3-system', { format: 'llama3', systemPrefix: 'Knowledge ends: never\n\n' }],
  ['llama2', { format: 'llama2', writesBos: true }],
  ['zephyr', { format: 'zephyr' }],
  ['alpaca', { format: 'alpaca' }],
  ['thinking', { format: 'chatml', dropsThoughts: true }],
])('%s is recognized by what it writes', (name, expected) => {
  expect(recognized(name)).toMatchObject({ kind: 'known', ...expected })
})

test.each([
  ['macro', cases['macro']?.template],
  ['whitespace', cases['whitespace']?.template],
  ['one that is broken', '{% for %}'],
  ['one that refuses', "{{ raise_exception('no') }}"],
  // As ChatML, but for one space after a second question: a first look would not see it.
  [
    'one that is nearly known',
    cases['chatml']?.template.replace("message['content']", "message['content'] + (' ' if loop.index > 2 else '')"),
  ],
])('%s is not: its template has to be written by hand, and the file says so', (_, template) => {
  const chat = recognizeChat({ template: template ?? '', bosToken, eosToken })
  expect(chat).toEqual({ kind: 'unknown' })
  expect(text(chat)).toContain('written by hand')
  expect(text(chat)).not.toMatch(/^TEMPLATE/m)
})

test.each(['{{ .System }}', '"""', 'a\nFROM other'])('a token that means something to Ollama (%j) is none', (token) => {
  const template = cases['zephyr']?.template ?? ''
  expect(recognizeChat({ template, bosToken, eosToken: token })).toEqual({ kind: 'unknown' })
})

test('a model without a template continues text', () => {
  expect(text(recognizeChat(null))).toContain('\nTEMPLATE """{{ .Prompt }}"""\n')
})

test('a Modelfile names its files, the template, a system message of its own and where to stop', () => {
  const chat = recognized('chatml-system')
  expect(text(chat)).toBe(`# For Ollama: ollama create NAME -f Modelfile
# Written by its documentation; it was not run there.
FROM ./model-f16.gguf
# The tokenizer begins every text with <s>, which the model’s own template does not write.
TEMPLATE """{{ range .Messages }}{{ if eq .Role "system" }}<|im_start|>system
{{ .Content }}<|im_end|>
{{ end }}{{ if eq .Role "user" }}<|im_start|>user
{{ .Content }}<|im_end|>
{{ end }}{{ if eq .Role "assistant" }}<|im_start|>assistant
{{ .Content }}<|im_end|>
{{ end }}{{ end }}<|im_start|>assistant
"""
SYSTEM """You answer in short sentences."""
PARAMETER stop "<|im_start|>"
PARAMETER stop "<|im_end|>"
PARAMETER stop "</s>"
`)
  const beside = modelfile({ from: 'base.gguf', adapter: 'plume-adapter.gguf', chat, addsBos: false })
  expect(new TextDecoder().decode(beside.bytes)).toMatch(/^FROM \.\/base\.gguf\nADAPTER \.\/plume-adapter\.gguf$/m)
})

test('the beginning of a text is written once: by the tokenizer, or else by the template', () => {
  const chat = recognized('llama3')
  if (chat.kind !== 'known') throw new Error(chat.kind)
  expect(goTemplate(chat, { addsBos: true })).not.toContain(bosToken)
  expect(goTemplate(chat, { addsBos: false }).startsWith(bosToken)).toBe(true)
})
