// The tokenizer inside a GGUF file gives the ids that llama.cpp gives with the same file (make_gguf_ids.py).
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tokenizerOfGguf } from '../../src/engine/modelFiles/ggufTokenizer'
import { bytesSource } from '../../src/formats/fileSource'
import { readGgufHeader } from '../../src/formats/gguf'
import { loadTokenizer } from '../../src/text/tokenizer'
import { goldensFolder, readGoldenFile } from '../helpers/goldenFiles'

interface Goldens {
  readonly strings: readonly string[]
  /** For each string: special tokens as text, and as the tokens they name. */
  readonly ids: Readonly<Record<string, Readonly<Record<'plain' | 'special', readonly (readonly number[])[]>>>>
}

const goldens = JSON.parse(readFileSync(join(goldensFolder, 'gguf/llama-cpp-ids.json'), 'utf8')) as Goldens

test.each(Object.entries(goldens.ids))('%s', async (name, ids) => {
  const source = bytesSource(await readGoldenFile(`gguf/tokenizer-${name}.gguf`), 'model.gguf')
  const { tokenizer, config } = tokenizerOfGguf(await readGgufHeader(source))
  const loaded = loadTokenizer(tokenizer, config)
  goldens.strings.forEach((text, index) => {
    expect(loaded.encode(text), JSON.stringify(text)).toEqual(ids.plain[index])
    expect(loaded.encode(text, { allowSpecial: true }), JSON.stringify(text)).toEqual(ids.special[index])
  })
})
