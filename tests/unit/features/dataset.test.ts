import { expect, test } from 'vitest'
import { groupWords, readChips } from '../../../src/features/dataset/tokenChips'
import { firstLines } from '../../../src/features/start/firstLines'
import { fitOfWeights } from '../../../src/components/fit'
import type { TokenPreview } from '../../../src/text/types'

const preview: TokenPreview = {
  documentIndex: 0,
  split: 'train',
  ids: [1, 2, 3, 4, 5, 0],
  texts: ['Tell', ' a', ' st', 'ory', '.\n\n', '<|endoftext|>'],
  trained: [false, false, true, true, true, true],
  roles: ['text', 'text', 'text', 'text', 'text', 'end'],
  tokenCount: 6,
}

test('a chip draws its space and its line breaks apart from its letters', () => {
  const chips = readChips(preview)
  expect(chips.map((chip) => chip.text)).toEqual(['Tell', 'a', 'st', 'ory', '.', '<|endoftext|>'])
  expect(chips.map((chip) => chip.isSpaced)).toEqual([false, true, true, false, false, false])
  expect(chips.map((chip) => chip.breaks)).toEqual([0, 0, 0, 0, 2, 0])
  expect(chips.map((chip) => chip.isTrained)).toEqual([false, false, true, true, true, true])
  expect(chips.at(-1)?.isEnd).toBe(true)
})

test('the bytes of a character are shown as the character and a dot for each token that goes on with it', () => {
  const shown = (...texts: string[]) =>
    readChips({
      ...preview,
      texts,
      ids: texts.map(() => 9),
      trained: texts.map(() => true),
      roles: texts.map(() => 'text' as const),
    }).map((chip) => chip.text)
  expect(shown('<EA>', '<B7>', '<B8>', ' sea')).toEqual(['그', '·', '·', 'sea'])
  expect(shown('<EC><9D>', '<B4><EA>', '<B7><B8>')).toEqual(['이', '그', '·'])
  expect(shown('a', '<EA>', '<B7>')).toEqual(['a', '<EA>', '<B7>'])
})

test("special tokens are the template's, or an end that the model learns", () => {
  const chips = readChips({ ...preview, roles: ['special', 'text', 'text', 'text', 'text', 'end'] })
  expect(chips.map((chip) => [chip.isSpecial, chip.isEnd]).filter(([a, b]) => a || b)).toEqual([
    [true, false],
    [false, true],
  ])
})

test('the pieces of a word and its full stop stay on one line', () => {
  const words = groupWords(readChips(preview)).map((word) => word.map((chip) => chip.text).join('|'))
  expect(words).toEqual(['Tell', 'a', 'st|ory|.', '<|endoftext|>'])
})

test('a text without spaces may break', () => {
  const texts = Array.from({ length: 20 }, () => '달')
  const long = {
    ...preview,
    texts,
    ids: texts.map(() => 9),
    trained: texts.map(() => true),
    roles: texts.map(() => 'text' as const),
  }
  expect(Math.max(...groupWords(readChips(long)).map((word) => word.length))).toBeLessThanOrEqual(6)
})

test('the first lines of a sample are whole documents, or one that is cut at a word', () => {
  expect(firstLines('One.\n\nTwo.', 'text').map((document) => document.text)).toEqual(['One.', 'Two.'])
  const [long, ...rest] = firstLines('word '.repeat(400), 'text')
  expect(long?.text).toMatch(/word …$/)
  expect(rest).toEqual([])
  expect(firstLines('{"prompt":"Why?","completion":"So."}\nnot json', 'prompt-completion')).toEqual([
    { prompt: 'Why?', text: 'So.' },
  ])
})

test('a model fits, is tight or does not fit by what one buffer may hold', () => {
  const limits = { maxBufferBytes: 100, maxBindingBytes: 100 }
  expect([10, 60, 200].map((bytes) => fitOfWeights(bytes, limits))).toEqual(['fits', 'tight', 'tight'])
})
