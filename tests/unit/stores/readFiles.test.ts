import { expect, test } from 'vitest'
import { looksLikeAdapter, looksLikeModel } from '../../../src/stores/readFiles'

const files = (...names: string[]) => names.map((name) => ({ name }))

test.each([
  ['a GGUF file', files('SmolLM2.Q4_1.GGUF'), 'model'],
  ['a model folder', files('README.md', 'config.json', 'tokenizer.json', 'model.safetensors'), 'model'],
  ['a sharded model', files('config.json', 'tokenizer.json', 'model-00001-of-00002.safetensors'), 'model'],
  ['an adapter', files('adapter_config.json', 'adapter_model.safetensors'), 'adapter'],
  // PEFT's trainers save the tokenizer and the base's config beside the adapter.
  [
    'an adapter with its base’s small files',
    files('adapter_config.json', 'adapter_model.safetensors', 'config.json', 'tokenizer.json'),
    'adapter',
  ],
  ['a zip', files('lighthouse.zip'), 'adapter'],
  ['texts', files('a.txt', 'config.json'), 'text'],
] as const)('%s is taken for what it is', (_, dropped, expected) => {
  const taken = looksLikeModel(dropped) ? 'model' : looksLikeAdapter(dropped) ? 'adapter' : 'text'
  expect(taken).toBe(expected)
})
