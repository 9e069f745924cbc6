// What a GGUF file's metadata may ask for, and what it must say: the model and its tokenizer.
import { describe, expect, test } from 'vitest'
import { configOfGguf } from '../../../src/engine/modelFiles/ggufConfig'
import { tokenizerOfGguf } from '../../../src/engine/modelFiles/ggufTokenizer'
import { openGgufWeights } from '../../../src/engine/modelFiles/ggufWeights'
import { openModelFiles } from '../../../src/engine/modelFiles/modelFiles'
import { bytesSource } from '../../../src/formats/fileSource'
import { readGgufHeader, type GgufValue } from '../../../src/formats/gguf'
import { readModelConfig } from '../../../src/models/config'
import { gguf } from '../formats/ggufFiles'
import { busyMs } from '../../helpers/busyTime'

const source = bytesSource(gguf({}), 'model.gguf')

const llama: Record<string, GgufValue> = {
  'general.architecture': 'llama',
  'llama.block_count': 2,
  'llama.embedding_length': 64,
  'llama.feed_forward_length': 96,
  'llama.attention.head_count': 4,
  'llama.attention.layer_norm_rms_epsilon': 1e-5,
  'llama.context_length': 512,
}

async function readConfig(change: Record<string, GgufValue | undefined>) {
  const { tensors } = await readGgufHeader(source)
  const entries = Object.entries({ ...llama, ...change }).filter(
    (pair): pair is [string, GgufValue] => pair[1] !== undefined,
  )
  const embedding = { name: 'token_embd.weight', type: 'F32', shape: [97, 64], offset: 0, sizeBytes: 0 } as const
  const header = { metadata: new Map(entries), tensors: new Map([...tensors, [embedding.name, embedding]]) }
  return readModelConfig(await configOfGguf(source, header))
}

describe('the model', () => {
  test('is read with the defaults of llama.cpp', async () => {
    expect(await readConfig({})).toMatchObject({ keyValueHeads: 4, headWidth: 16, vocabulary: 97, hasTiedHead: true })
  })

  test.each([
    ['another architecture', { 'general.architecture': 'mamba' }, 'model/unsupported'],
    ['experts', { 'llama.expert_count': 8 }, 'model/unsupported'],
    ['values of another width', { 'llama.attention.value_length': 8 }, 'model/unsupported'],
    ['logits that are scaled', { 'llama.logit_scale': 0.5 }, 'model/unsupported'],
    ['attention to what follows', { 'llama.attention.causal': false }, 'model/unsupported'],
    ['sliding windows', { 'llama.attention.sliding_window': 4096 }, 'model/unsupported'],
    ['heads turned in part', { 'llama.rope.dimension_count': 8 }, 'model/unsupported'],
    ['yarn', { 'llama.rope.scaling.type': 'yarn' }, 'model/unsupported'],
    ['B58 513 layers', { 'llama.block_count': 513 }, 'model/config-invalid'],
    ['B58 2^32 - 1 layers', { 'llama.block_count': 2 ** 32 - 1 }, 'model/config-invalid'],
    ['B58 no heads', { 'llama.attention.head_count': 0 }, 'model/config-invalid'],
    ['B58 a context of 2^63', { 'llama.context_length': 2 ** 63 }, 'model/config-invalid'],
    ['a width that is text', { 'llama.embedding_length': '64' }, 'model/config-invalid'],
    ['no width', { 'llama.embedding_length': undefined }, 'model/config-invalid'],
    ['no architecture', { 'general.architecture': undefined }, 'model/config-invalid'],
    ['B60 one part of a split file', { 'split.count': 3 }, 'model/unsupported'],
    ['B60 one part of no parts', { 'split.count': 0 }, 'model/unsupported'],
  ])('%s: refused by name', async (_, change, code) => {
    await expect(readConfig(change)).rejects.toMatchObject({ code })
  })
})

describe('the files', () => {
  const config = readModelConfig({
    model_type: 'llama',
    hidden_size: 64,
    intermediate_size: 96,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    vocab_size: 97,
    max_position_embeddings: 512,
    rms_norm_eps: 1e-5,
  })

  test.each(['blk.2.attn_q.weight', 'blk.0.attn_q_norm.weight', 'blk.0.ffn_gate_exps.weight', 'blk.0.attn_q.bias'])(
    'a tensor %s that the model does not have is named',
    async (name) => {
      const file = bytesSource(gguf({ tensors: [{ name }] }), 'model.gguf')
      const header = await readGgufHeader(file)
      expect(() => openGgufWeights(file, header, config)).toThrow(
        expect.objectContaining({ code: 'model/unsupported', details: { what: `the tensor ${name}` } }),
      )
    },
  )

  test('queries of another number of rows are refused before they are reordered', async () => {
    const file = bytesSource(gguf({ tensors: [{ name: 'blk.0.attn_q.weight', dimensions: [64, 66] }] }), 'model.gguf')
    const weights = openGgufWeights(file, await readGgufHeader(file), config)
    const error = { code: 'model/config-invalid' }
    await expect(weights.float32('model.layers.0.self_attn.q_proj.weight')).rejects.toMatchObject(error)
  })

  test('B60 several at once, one of them perhaps twice, are refused', async () => {
    const named = (name: string) => ({ ...source, name })
    const shards = ['model-00001-of-00002.gguf', 'model-00001-of-00002.gguf'].map(named)
    await expect(openModelFiles(shards)).rejects.toMatchObject({ code: 'model/unsupported' })
  })
})

const byteLevel: Record<string, GgufValue> = {
  'tokenizer.ggml.model': 'gpt2',
  'tokenizer.ggml.pre': 'smollm',
  'tokenizer.ggml.tokens': ['<|end|>', 'a', 'b', 'ab', '<tool>'],
  'tokenizer.ggml.token_type': [3, 1, 1, 1, 4],
  'tokenizer.ggml.merges': ['a b'],
  'tokenizer.ggml.eos_token_id': 0,
}

const sentencePieceTokens = ['<unk>', '<s>', '</s>', '<0x41>', '▁', 'a', 'b', '▁a', 'ab', '▁ab']

const sentencePiece: Record<string, GgufValue> = {
  'tokenizer.ggml.model': 'llama',
  'tokenizer.ggml.tokens': sentencePieceTokens,
  'tokenizer.ggml.token_type': [2, 3, 3, 6, 1, 1, 1, 1, 1, 1],
  'tokenizer.ggml.scores': [0, 0, 0, 0, -4, -5, -6, -2, -1, -3],
  'tokenizer.ggml.bos_token_id': 1,
  'tokenizer.ggml.eos_token_id': 2,
  'tokenizer.ggml.unknown_token_id': 0,
}

/** All words over sixteen letters, the short ones first: each part of one is one. */
function shortWords(count: number): string[] {
  const words = Array.from('abcdefghijklmnop')
  const letters = [...words]
  for (let i = 0; words.length < count; i++) words.push(...letters.map((letter) => `${words[i]}${letter}`))
  return words.slice(0, count)
}

const readTokenizer = (base: Record<string, GgufValue>, change: Record<string, GgufValue | undefined> = {}) => {
  const entries = Object.entries({ ...base, ...change }).filter(
    (pair): pair is [string, GgufValue] => pair[1] !== undefined,
  )
  return tokenizerOfGguf({ metadata: new Map(entries), tensors: new Map() })
}

describe('the tokenizer', () => {
  test('of bytes keeps its pre-tokenizer, its merges and what is special', () => {
    const { tokenizer, config } = readTokenizer(byteLevel)
    expect(config).toEqual({ eos_token: '<|end|>', add_bos_token: false })
    expect(tokenizer).toMatchObject({
      added_tokens: [
        { id: 0, content: '<|end|>', special: true },
        { id: 4, content: '<tool>', special: false },
      ],
      pre_tokenizer: { pretokenizers: [{ type: 'Digits' }, { type: 'ByteLevel', use_regex: true }] },
      model: { vocab: { ab: 3 }, merges: ['a b'] },
    })
  })

  test('of SentencePiece gets its merges from the scores, the best first', () => {
    const { tokenizer, config } = readTokenizer(sentencePiece)
    expect(config).toEqual({ eos_token: '</s>', bos_token: '<s>', add_bos_token: true })
    expect((tokenizer['model'] as { merges: unknown }).merges).toEqual([
      ['a', 'b'],
      ['▁', 'a'],
      ['▁a', 'b'],
      ['▁', 'ab'],
    ])
  })

  const withTokens = (tokens: readonly string[]) => ({
    'tokenizer.ggml.tokens': tokens,
    'tokenizer.ggml.token_type': tokens.map(() => 1),
    'tokenizer.ggml.scores': tokens.map(() => 0),
  })

  const broken: [string, Record<string, GgufValue>, Record<string, GgufValue | undefined>][] = [
    ['B59 fewer types than tokens', byteLevel, { 'tokenizer.ggml.token_type': [1] }],
    ['B59 fewer scores than tokens', sentencePiece, { 'tokenizer.ggml.scores': [1] }],
    ['B59 the byte <0x-1>', sentencePiece, { 'tokenizer.ggml.tokens': sentencePieceTokens.with(3, '<0x-1>') }],
    ['B59 the byte <0xZZ>', sentencePiece, { 'tokenizer.ggml.tokens': sentencePieceTokens.with(3, '<0xZZ>') }],
    [
      'tokens so long that finding their merges would take minutes',
      sentencePiece,
      withTokens(Array.from({ length: 200 }, (_, i) => `${i}`.padEnd(100_000, 'x'))),
    ],
    [
      'short tokens that are put together in a quarter of a million ways',
      sentencePiece,
      withTokens(shortWords(90_000)),
    ],
    ['no scores', sentencePiece, { 'tokenizer.ggml.scores': undefined }],
    ['no merges', byteLevel, { 'tokenizer.ggml.merges': undefined }],
    ['numbers as tokens', byteLevel, { 'tokenizer.ggml.tokens': [1, 2] }],
    ['a token twice', byteLevel, { 'tokenizer.ggml.tokens': ['a', 'a', 'b', 'c', 'd'] }],
    ['an end beyond the vocabulary', byteLevel, { 'tokenizer.ggml.eos_token_id': 99 }],
    ['no end', byteLevel, { 'tokenizer.ggml.eos_token_id': undefined }],
    ['another model', byteLevel, { 'tokenizer.ggml.model': 'rwkv' }],
    ['another pre-tokenizer', byteLevel, { 'tokenizer.ggml.pre': 'tekken' }],
    ['B60 a huge chat template', byteLevel, { 'tokenizer.chat_template': 'x'.repeat(70_000) }],
  ]
  test.each(broken)('%s: refused', async (_, base, change) => {
    const took = await busyMs(() => {
      expect(() => readTokenizer(base, change)).toThrow(expect.objectContaining({ code: 'tokenizer/invalid' }))
    })
    expect(took).toBeLessThan(1000)
  })

  test('B60 a chat template that would run for ever is a text like any other here', () => {
    const template = '{% for i in range(10**10) %}{{ i }}{% endfor %}'
    const { config } = readTokenizer(byteLevel, { 'tokenizer.chat_template': template })
    expect(config.chat_template).toBe(template)
  })

  test('another number of tokens than the embedding has rows is refused', () => {
    const embedding = { name: 'token_embd.weight', type: 'F32', shape: [6, 4], offset: 0, sizeBytes: 96 } as const
    const tensors = new Map([[embedding.name, embedding]])
    const metadata = new Map(Object.entries(byteLevel))
    expect(() => tokenizerOfGguf({ metadata, tensors })).toThrow(expect.objectContaining({ code: 'tokenizer/invalid' }))
  })
})
