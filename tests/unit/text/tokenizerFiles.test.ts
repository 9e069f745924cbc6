import { describe, expect, test } from 'vitest'
import { readTokenizerFiles } from '../../../src/text/tokenizerFiles'
import { tinySentencePieceJson, tinyTokenizerJson } from './tinyTokenizer'

const json = { 'tokenizer.json': tinyTokenizerJson() }

describe('the tokens at either end', () => {
  test('are those of tokenizer_config.json and generation_config.json', () => {
    const read = readTokenizerFiles({
      ...json,
      'tokenizer_config.json': { eos_token: '<|im_end|>', bos_token: { content: '<|im_start|>' } },
      'generation_config.json': { eos_token_id: [0, 2] },
      'config.json': { eos_token_id: 1 },
    })
    expect(read.bosToken).toBe('<|im_start|>')
    expect(read.eosToken).toBe('<|im_end|>')
    expect(read.eosTokens).toEqual([
      { id: 2, content: '<|im_end|>' },
      { id: 0, content: '<|endoftext|>' },
    ])
    expect(read.addsBos).toBe(false)
    expect(read.tokenizer.endOfTextIds).toEqual([2, 0])
  })

  test('are those of special_tokens_map.json and config.json where the others do not say', () => {
    const read = readTokenizerFiles({
      ...json,
      'tokenizer_config.json': { add_bos_token: true },
      'special_tokens_map.json': { bos_token: '<|im_start|>', eos_token: '<|im_end|>' },
      'generation_config.json': { eos_token_id: 'x' },
      'config.json': { eos_token_id: 1 },
    })
    expect(read.eosTokens.map(({ id }) => id)).toEqual([2, 1])
    expect([read.bosToken, read.addsBos, read.tokenizer.beginOfTextId]).toEqual(['<|im_start|>', true, 1])
  })

  test('are the usual ones where nobody says', () => {
    const read = readTokenizerFiles({ 'tokenizer.json': tinySentencePieceJson(), 'config.json': [] })
    expect([read.bosToken, read.eosToken, read.addsBos]).toEqual([null, '</s>', false])
  })
})

describe('chat templates', () => {
  const templates = (config: unknown, alone?: string) =>
    readTokenizerFiles({
      ...json,
      'tokenizer_config.json': config,
      ...(alone === undefined ? {} : { 'chat_template.jinja': alone }),
    }).chatTemplates

  test.each([
    ['none', {}, undefined, []],
    ['one', { chat_template: 'a' }, undefined, [['default', 'a']]],
    ['one that is no text', { chat_template: 7 }, undefined, []],
    [
      'several, the default first',
      {
        chat_template: [
          { name: 'tool_use', template: 'b' },
          { name: 'default', template: 'a' },
          { name: 'rag', template: 'c' },
        ],
      },
      undefined,
      [
        ['default', 'a'],
        ['tool_use', 'b'],
        ['rag', 'c'],
      ],
    ],
    ['a file of its own, which comes first', { chat_template: 'a' }, 'z', [['default', 'z']]],
    [
      '33 of them',
      { chat_template: Array.from({ length: 33 }, (_, i) => ({ name: `${i}`, template: 'x' })) },
      undefined,
      [],
    ],
  ])('%s', (_name, config, alone, expected) => {
    expect(templates(config, alone).map(({ name, template }) => [name, template])).toEqual(expected)
  })
})
