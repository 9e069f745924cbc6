// Tokenizers as Plume writes them into GGUF files, read back: each golden's ids stay what they are, and what llama.cpp
// would read otherwise is refused by name.
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { ggufTokenizerPairs } from '../../src/engine/modelFiles/ggufTokenizerPairs'
import { tokenizerOfGguf } from '../../src/engine/modelFiles/ggufTokenizer'
import type { GgufEntry, GgufHeader } from '../../src/formats/gguf'
import { loadTokenizer } from '../../src/text/tokenizer'
import { readTokenizerFiles, type TokenizerFiles } from '../../src/text/tokenizerFiles'
import { tinyTokenizerJson, type TinyTokenizerJson } from '../unit/text/tinyTokenizer'
import { goldensFolder } from '../helpers/goldenFiles'

const bytes = (path: string) => readFileSync(`${goldensFolder}/${path}`)
const golden = (name: string): unknown => JSON.parse(gunzipSync(bytes(`tokenizers/${name}.json.gz`)).toString())
const tokenizerOf = (name: string) => (golden(name) as { readonly tokenizer: unknown }).tokenizer
/** Each fourth of them: the reader itself is tried with all, in tokenizerFamilies.test.ts. */
const strings = (golden('strings') as readonly string[]).filter((_, index) => index % 4 === 0)

/** The header of a file with these pairs and an embedding of `rows` rows. */
function headerOf(files: TokenizerFiles, rows: number): GgufHeader {
  const embedding: GgufEntry = { name: 'token_embd.weight', type: 'F16', shape: [rows, 8], offset: 0, sizeBytes: 0 }
  const pairs = ggufTokenizerPairs(files, rows)
  return {
    metadata: new Map(pairs.map(({ key, value }) => [key, value])),
    tensors: new Map([[embedding.name, embedding]]),
  }
}

const sentencePiece = (): unknown => JSON.parse(bytes('gguf/tokenizer-llama.json').toString())
const embedded = JSON.parse(
  readFileSync(new URL('../../public/models/plume-stories/tokenizer.json', import.meta.url), 'utf8'),
) as unknown

test.each([
  ['gpt2', 'gpt-2', tokenizerOf('gpt2')],
  ['gpt2-split', 'gpt-2', tokenizerOf('gpt2-split')],
  ['smollm2', 'smollm', tokenizerOf('smollm2')],
  ['llama3', 'llama-bpe', tokenizerOf('llama3')],
  ['qwen2', 'qwen2', tokenizerOf('qwen2')],
  ['the embedded model', 'gpt-2', embedded],
  ['SentencePiece, whose merges are all ways to join', 'default', sentencePiece()],
])('%s: the written tokenizer (%s) gives the same ids', (_, pre, tokenizer) => {
  const files: TokenizerFiles = { 'tokenizer.json': tokenizer }
  const { tokenizer: expected } = readTokenizerFiles(files)
  const header = headerOf(files, expected.vocabularySize + 5)
  expect(header.metadata.get('tokenizer.ggml.pre')).toBe(pre)
  const { tokenizer: written, config } = tokenizerOfGguf(header)
  const read = loadTokenizer(written, config)
  const differing = strings.filter((text) =>
    [false, true].some(
      (allowSpecial) => read.encode(text, { allowSpecial }).join() !== expected.encode(text, { allowSpecial }).join(),
    ),
  )
  expect(differing).toEqual([])
  expect([read.endOfTextId, read.beginOfTextId]).toEqual([expected.endOfTextId, expected.beginOfTextId])
})

test('the pieces of a vocabulary that llama.cpp expects with it are there', () => {
  const { metadata } = headerOf(
    {
      'tokenizer.json': tokenizerOf('llama3'),
      'tokenizer_config.json': {
        bos_token: '<|begin_of_text|>',
        eos_token: '<|eot_id|>',
        pad_token: { content: '<|end_of_text|>' },
        chat_template: '{{ messages }}',
      },
    },
    1400,
  )
  const tokens = metadata.get('tokenizer.ggml.tokens') as readonly string[]
  const kinds = metadata.get('tokenizer.ggml.token_type') as readonly number[]
  const kindOf = (token: string) => kinds[tokens.indexOf(token)]
  expect([tokens.length, kinds.length]).toEqual([1400, 1400])
  expect([kindOf('the'), kindOf('<|eot_id|>'), kindOf('[PAD1399]')]).toEqual([1, 3, 5])
  const named = (key: string) => tokens[Number(metadata.get(`tokenizer.ggml.${key}_token_id`))]
  expect(['bos', 'eos', 'padding'].map(named)).toEqual(['<|begin_of_text|>', '<|eot_id|>', '<|end_of_text|>'])
  expect(metadata.get('tokenizer.ggml.add_bos_token')).toBe(true)
  expect(metadata.get('tokenizer.chat_template')).toBe('{{ messages }}')
})

const tiny = (change: (json: TinyTokenizerJson) => void) => {
  const json = tinyTokenizerJson()
  change(json)
  return json
}

test.each([
  [
    'a space in front of every text',
    tiny((json) => void (json.pre_tokenizer = { ...(json.pre_tokenizer as object), add_prefix_space: true })),
    /cuts text/,
  ],
  [
    'whole pieces that skip the merges where no id says so',
    tiny((json) => void Object.assign(json.model, { ignore_merges: true })),
    /skip the merges/,
  ],
  ['a normalization that no id has', tiny((json) => void (json.normalizer = { type: 'NFC' })), /normalization/],
  ['tokens with rules of their own', tokenizerOf('flags'), /cuts text|rules of its own/],
  [
    'a token that takes the space before it',
    tiny((json) => void (json.added_tokens[1] = { id: 1, content: '<|im_start|>', special: true, lstrip: true })),
    /rules of its own/,
  ],
  ['marks that only the beginning of a text has', tokenizerOf('metaspace-first'), /normalization/],
  ['unknown characters without bytes', tokenizerOf('metaspace-unknown'), /tokenizer/],
  ['merges that are not all ways to join', tokenizerOf('llama2'), /merges/],
])('%s: refused, with what it is', (_, tokenizer, what) => {
  expect(() => headerOf({ 'tokenizer.json': tokenizer }, 4000)).toThrow(
    expect.objectContaining({ code: 'share/not-in-gguf', message: expect.stringMatching(what) as unknown }),
  )
})

test('Llama 3’s pieces are said without their short cut too', () => {
  const json = tokenizerOf('llama3') as { model: { ignore_merges: boolean } }
  json.model.ignore_merges = false
  expect(headerOf({ 'tokenizer.json': json }, 1400).metadata.get('tokenizer.ggml.pre')).toBe('smaug-bpe')
})

test('SentencePiece without a mark in front of a text says so', () => {
  const json = sentencePiece() as { normalizer: unknown; decoder: { decoders: unknown[] } }
  expect(headerOf({ 'tokenizer.json': json }, 600).metadata.get('tokenizer.ggml.add_space_prefix')).toBe(true)
  json.normalizer = { type: 'Replace', pattern: { String: ' ' }, content: '▁' }
  json.decoder.decoders.pop() // and so none is taken away
  const header = headerOf({ 'tokenizer.json': json }, 600)
  expect(header.metadata.get('tokenizer.ggml.add_space_prefix')).toBe(false)
  const { tokenizer, config } = tokenizerOfGguf(header)
  const read = loadTokenizer(tokenizer, config)
  expect(read.decode(read.encode(' the end'))).toBe(' the end')
})
