// Texts that are only measured on: whole, so that a perplexity is that of the text and not of its pieces.
import { expect, test } from 'vitest'
import { encodeUtf8 } from '../../../src/base/bytes'
import { wholeSet } from '../../../src/terminal/corpora'
import { tinyTokenizer } from '../text/tinyTokenizer'

const paragraphs = Array.from({ length: 6 }, (_, index) => `${index} abc `.repeat(30).trim()).join('\n\n')
const files = [{ name: 'text.txt', bytes: encodeUtf8(paragraphs) }]
const firstTokens = async (isMeasured: boolean) => {
  const set = await wholeSet(files, { tokenizer: tinyTokenizer() }, { sequenceLength: 5000, isMeasured })
  return new Set(set.documentStarts).size
}

test('a text that is measured on is one document, one that is learned from comes in pieces', async () => {
  expect(await firstTokens(true)).toBe(1)
  expect(await firstTokens(false)).toBeGreaterThan(3)
})
