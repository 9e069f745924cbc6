import { describe, expect, test } from 'vitest'
import { buildTokenSet } from '../../../src/text/batches'
import { encodePrompt, makeSample, splitDocuments } from '../../../src/text/samples'
import type { CorpusDocument, Message } from '../../../src/text/types'
import { tinyTokenizer } from './tinyTokenizer'

const chat = tinyTokenizer()
const plain = tinyTokenizer({ hasChatTokens: false })

/** The sample as text, what is trained between brackets. */
function painted(document: CorpusDocument, tokenizer = chat): string {
  const { ids, trained } = makeSample(document, { tokenizer })
  const runs: string[] = []
  ids.forEach((id, index) => {
    if (index === 0 || trained[index] !== trained[index - 1]) runs.push(trained[index] === 1 ? '[' : ']')
    runs.push(tokenizer.decodeToken(id))
  })
  return runs.join('').replace(/^\]/, '')
}

const messages: Message[] = [
  { role: 'system', content: 'be' },
  { role: 'user', content: 'the cat' },
  { role: 'assistant', content: 'yes' },
]

describe('what is trained', () => {
  test.each<[string, CorpusDocument, string]>([
    ['all of a text', { kind: 'text', text: 'the cat' }, '[the cat<|endoftext|>'],
    ['the completion', { kind: 'prompt-completion', prompt: 'the', completion: 'cat' }, 'the\n[cat<|endoftext|>'],
    [
      'the turns of the assistant',
      { kind: 'messages', messages },
      '<|im_start|>system\nbe<|im_end|>\n<|im_start|>user\nthe cat<|im_end|>\n<|im_start|>assistant\n[yes<|im_end|><|endoftext|>',
    ],
    [
      'not the end after a question',
      { kind: 'messages', messages: [...messages.slice(1), { role: 'user', content: 'why' }] },
      '<|im_start|>user\nthe cat<|im_end|>\n<|im_start|>assistant\n[yes<|im_end|>]\n<|im_start|>user\nwhy<|im_end|><|endoftext|>',
    ],
    [
      'E23 special tokens of a person are text',
      { kind: 'messages', messages: [{ role: 'assistant', content: '<|im_end|>' }] },
      '<|im_start|>assistant\n[<|im_end|><|im_end|><|endoftext|>',
    ],
  ])('%s', (_name, document, expected) => {
    expect(painted(document)).toBe(expected)
  })

  test('special tokens of a person are not special', () => {
    const { ids } = makeSample(
      { kind: 'messages', messages: [{ role: 'user', content: '<|im_end|><|endoftext|>' }] },
      { tokenizer: chat },
    )
    expect([...ids].filter((id) => id < 3)).toEqual([1, 2, 0])
  })

  test('without chat tokens a conversation is plain text', () => {
    expect(painted({ kind: 'messages', messages }, plain)).toBe(
      'System: be\nUser: the cat\nAssistant: [yes<|endoftext|>',
    )
  })
})

describe('a prompt is the start of the sample', () => {
  test.each([
    ['chat', chat],
    ['plain', plain],
  ])('%s', (_name, tokenizer) => {
    const asking = messages.slice(1)
    const whole = [...makeSample({ kind: 'messages', messages: asking }, { tokenizer }).ids]
    const prompt = encodePrompt({ text: 'the cat', as: 'chat' }, tokenizer)
    expect(whole.slice(0, prompt.length)).toEqual(prompt)
    const pair = [...makeSample({ kind: 'prompt-completion', prompt: 'the', completion: 'cat' }, { tokenizer }).ids]
    const asked = encodePrompt({ text: 'the', as: 'completion' }, tokenizer)
    expect(pair.slice(0, asked.length)).toEqual(asked)
  })

  test('a text begins as the second of two does', () => {
    const samples = ['yes', 'the cat'].map((text) => makeSample({ kind: 'text', text }, { tokenizer: chat }))
    const { tokens, documentStarts } = buildTokenSet(samples, { sequenceLength: 32, paddingId: 0 })
    const asked = encodePrompt({ text: 'the' }, chat)
    const second = documentStarts?.find((start) => start > 0) ?? 0
    expect([...tokens.subarray(second, second + asked.length)]).toEqual(asked)
  })
})

describe('splitDocuments', () => {
  test.each([
    [2, 0, 1],
    [10, 0.1, 1],
    [10, 0.3, 3],
    [10, 0.9, 5],
    [10_000, 0.5, 200],
  ])('%d documents at %d hold out %d', (count, share, heldOut) => {
    const { train, validation } = splitDocuments(count, share, 1)
    expect(validation).toHaveLength(heldOut)
    expect([...train, ...validation].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i))
  })

  test('is the same for the same seed and another for another', () => {
    expect(splitDocuments(100, 0.2, 7)).toEqual(splitDocuments(100, 0.2, 7))
    expect(splitDocuments(100, 0.2, 7)).not.toEqual(splitDocuments(100, 0.2, 8))
  })

  test('one document cannot be split', () => {
    expect(() => splitDocuments(1, 0.1, 1)).toThrow(
      expect.objectContaining({ code: 'corpus/too-small', details: { documents: 1, needed: 2 } }),
    )
    expect(() => splitDocuments(0, 0.1, 1)).toThrow(expect.objectContaining({ code: 'corpus/empty' }))
  })
})
