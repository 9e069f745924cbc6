// A model's own chat template, from its files to tokens and mask.
import { describe, expect, test } from 'vitest'
import { encodeUtf8 } from '../../../src/base/bytes'
import { CorpusService } from '../../../src/engine/corpusService'
import { float32Tensor, serializeSafetensors } from '../../../src/formats/safetensors'
import { compileChatTemplate } from '../../../src/text/chatTemplate'
import { renderChatPrompt } from '../../../src/text/chatTemplateSpans'
import { encodePrompt } from '../../../src/text/samples'
import { tinyTokenizer, tinyTokenizerJson } from '../text/tinyTokenizer'

/** ChatML with a system message of its own, and no two questions in a row. */
const template = `{{ '<|im_start|>system\nbe kind<|im_end|>\n' }}{% for message in messages %}{% if loop.index0 > 0 and message.role == messages[loop.index0 - 1].role %}{{ raise_exception('turns must alternate') }}{% endif %}{{ '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}`

const file = (name: string, content: string | Uint8Array<ArrayBuffer>) => ({ name, blob: new Blob([content]) })
const modelFiles = [
  file('m/config.json', JSON.stringify({ model_type: 'llama' })),
  file('m/tokenizer.json', JSON.stringify(tinyTokenizerJson())),
  file('m/generation_config.json', JSON.stringify({ eos_token_id: [2, 0] })),
  file('m/chat_template.jinja', template),
  file('m/model.safetensors', serializeSafetensors([float32Tensor('a', [1], Float32Array.of(1))])),
]

const talk = (index: number) => [
  { role: 'user', content: `the cat ${index}` },
  { role: 'assistant', content: `<|im_end|> yes ${index}` },
]

async function prepared(messages: readonly unknown[], usesModelTemplate: boolean) {
  const service = new CorpusService(() => Promise.reject(new Error('nothing is fetched')))
  await service.openTokenizer({ name: 'm', files: modelFiles })
  const bytes = encodeUtf8(messages.map((one) => JSON.stringify({ messages: one })).join('\n'))
  const files = [{ name: 'talk.jsonl', bytes }]
  return service.prepare({ files, sequenceLength: 256, validationShare: 0.2, seed: 1, usesModelTemplate })
}

describe('a chat template that a model brings', () => {
  test('is found with the tokens it writes', async () => {
    const service = new CorpusService(() => Promise.reject(new Error('nothing is fetched')))
    const { chatTemplate } = await service.openTokenizer({ name: 'm', files: modelFiles })
    expect(chatTemplate).toEqual({ template, bosToken: null, eosToken: '<|im_end|>' })
  })

  test('writes the conversations, and nothing is added', async () => {
    const { preview, template: shown, problems } = await prepared([0, 1, 2, 3].map(talk), true)
    const [first] = preview
    expect(first?.texts.join('')).toBe(
      '<|im_start|>system\nbe kind<|im_end|>\n<|im_start|>user\nthe cat 0<|im_end|>\n<|im_start|>assistant\n<|im_end|> yes 0<|im_end|>\n',
    )
    const trained = first?.texts.filter((_, index) => first.trained[index]).join('')
    expect(trained).toBe('<|im_end|> yes 0<|im_end|>')
    // The first of the two was written by a person: it is text.
    expect(first?.ids.filter((id, index) => id === 2 && first.trained[index])).toHaveLength(1)
    expect(shown).toContain('be kind')
    expect(shown).toContain('{assistant}')
    expect(problems.map(({ kind }) => kind)).not.toContain('template-replaced')
  })

  test('asks in the words it taught', async () => {
    const { preview } = await prepared([0, 1, 2, 3].map(talk), true)
    const chat = compileChatTemplate(template, { bosToken: null, eosToken: '<|im_end|>' })
    const as = renderChatPrompt(chat, [{ role: 'user', content: 'the cat 0' }])
    const asked = encodePrompt({ text: 'the cat 0', as }, tinyTokenizer())
    expect(preview[0]?.ids.slice(0, asked.length)).toEqual(asked)
    expect(preview[0]?.trained.slice(0, asked.length)).not.toContain(true)
    expect(preview[0]?.trained[asked.length]).toBe(true)
  })

  test('leaves out what it does not take, and says how much', async () => {
    const twice = [...talk(7).slice(0, 1), ...talk(8)]
    const { problems, statistics } = await prepared([...[0, 1, 2, 3].map(talk), twice], true)
    expect(problems).toContainEqual({ kind: 'template-refused', file: '', count: 1, lines: [] })
    expect(statistics.documents).toBe(4)
  })

  test('that takes nothing is the error', async () => {
    const twice = (index: number) => [...talk(index).slice(0, 1), ...talk(index)]
    await expect(prepared([0, 1, 2].map(twice), true)).rejects.toMatchObject({ code: 'template/refused' })
  })

  test('that was found unusable is replaced, and that is said', async () => {
    const { preview, problems } = await prepared([0, 1, 2, 3].map(talk), false)
    expect(preview[0]?.texts.join('')).not.toContain('be kind')
    expect(problems).toContainEqual({ kind: 'template-replaced', file: '', count: 4, lines: [] })
  })
})
