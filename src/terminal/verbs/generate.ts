// generate: what a model, with or without an adapter, writes after a prompt.
import { renderChatPrompt } from '../../text/chatTemplateSpans'
import type { Reading } from '../../text/samples'
import type { Prompt } from '../../text/types'
import { readingOf } from '../corpora'
import { choice, number, requiredText, text } from '../flags'
import { figures } from '../figures'
import { adapterFiles, modelLocation } from '../folders'
import { nodeEngine } from '../nodeEngine'
import { deviceFlag, precisionFlag, precisions } from '../trainingFlags'
import { defineVerb } from '../verb'

const stops = { 'end-of-text': 'the text ended', length: 'the length was reached' } as const

const ways = ['text', 'completion', 'chat'] as const

const flags = {
  prompt: requiredText({ placeholder: 'TEXT', help: 'What the model is asked.' }),
  as: choice(ways, {
    fallback: 'text',
    help: 'text: it is continued; completion: it is a prompt of a pair; chat: it goes through the chat template.',
  }),
  model: text({ placeholder: 'DIR|FILE', help: 'A model’s folder or its weights; the embedded one when not given.' }),
  adapter: text({ placeholder: 'DIR|ZIP', help: 'A PEFT adapter; without it the base writes.' }),
  strength: number(1, { least: 0, most: 2, help: 'How much of the adapter: 0 is the base, 1 as trained.' }),
  precision: precisionFlag,
  device: deviceFlag,
  temperature: number(0, { least: 0, most: 10, help: 'How freely tokens are drawn; 0: always the likeliest.' }),
  'top-k': number(40, { least: 0, most: 1_000_000, isWhole: true, help: 'Draws from so many likeliest; 0: from all.' }),
  'top-p': number(0.95, { least: 0, most: 1, help: 'Draws from the likeliest that together have this probability.' }),
  'max-tokens': number(80, { least: 1, most: 1_000_000, isWhole: true, help: 'Tokens to write at most.' }),
  seed: number(42, { least: 0, most: 0xffffffff, isWhole: true, help: 'Of the draws.' }),
}

export const generate = defineVerb({
  name: 'generate',
  summary: 'Continues a prompt.',
  usage: 'generate --prompt TEXT [--adapter DIR] [flags]',
  examples: ['generate --prompt "Holmes looked at" --adapter out/sherlock --temperature 0.7'],
  operands: 0,
  flags,
  async run({ values, output }) {
    const adapter = values.adapter === null ? null : await adapterFiles(values.adapter)
    const engine = nodeEngine({ device: values.device })
    const model = await engine.loadModel(modelLocation(values.model))
    if (adapter) await engine.importAdapter(adapter)
    const precision = precisions[values.precision]
    const sampling = {
      temperature: values.temperature,
      topK: values['top-k'],
      topP: values['top-p'],
      maxTokens: values['max-tokens'],
      seed: values.seed,
    }
    output.part(values.as === 'text' ? values.prompt : `${values.prompt}\n`)
    const result = await engine.generate(
      {
        prompt: promptOf(values, readingOf(engine.tokenizer(), model.chatTemplate)),
        precision,
        usesAdapter: adapter !== null,
        adapterStrength: values.strength,
        sampling,
      },
      (piece) => output.part(piece),
    )
    output.json({ model: model.name, adapter: values.adapter, precision, prompt: values.prompt, sampling, ...result })
    output.line()
    const { generatedTokens, tokensPerSecond, stop } = result
    output.aside(`${generatedTokens} tokens, ${figures.rate(tokensPerSecond)} tokens a second; ${stops[stop]}`)
  },
})

function promptOf(
  { prompt: asked, as }: { readonly prompt: string; readonly as: (typeof ways)[number] },
  { chat }: Reading,
): Prompt {
  if (as === 'text') return { text: asked }
  if (as === 'chat' && chat) return { text: asked, as: renderChatPrompt(chat, [{ role: 'user', content: asked }]) }
  return { text: asked, as }
}
