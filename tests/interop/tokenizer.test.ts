// Against ids that the Rust tokenizers library gave for the embedded model.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { loadTokenizer } from '../../src/text/tokenizer'

interface Goldens {
  texts: { text: string; ids: number[] }[]
  awkward: { text: string; ids: number[] }[]
}

const read = (path: string): unknown => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'))
const goldens = read('goldens/plume-stories.json') as Goldens
const model = '../../public/models/plume-stories'
const tokenizer = loadTokenizer(read(`${model}/tokenizer.json`), read(`${model}/tokenizer_config.json`))

describe.each([...goldens.texts, ...goldens.awkward])('$text', ({ text, ids }) => {
  test('has the ids of the reference', () => {
    expect(tokenizer.encode(text, { allowSpecial: true })).toEqual(ids)
  })

  test('decodes to itself', () => {
    expect(tokenizer.decode(ids)).toBe(text)
  })

  test('is plain text when special tokens are not allowed', () => {
    const plain = tokenizer.encode(text)
    const special = new Set(tokenizer.specialTokens.values())
    expect(plain.filter((id) => special.has(id))).toEqual([])
    expect(tokenizer.decode(plain)).toBe(text)
  })
})
