import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeUtf8 } from '../../../src/base/bytes'
import { decodeFile } from '../../../src/text/corpus/decodeText'
import { recognizeEncoding } from '../../../src/text/corpus/textEncoding'
import { encodeAs } from './legacyEncodings'

const letters = readFileSync('public/corpora/moonlit-letters-ko.txt', 'utf8').replace(
  /[^\p{Script=Hangul}\x20-\x7e\n]/gu,
  '',
)

// Browsers decode the label euc-kr as CP949, Node's ICU knows only EUC-KR proper: the syllables in which the two
// differ are tested on the built page (tests/e2e).
describe('EUC-KR', () => {
  test.each([
    ['a book of letters', letters],
    ['a sentence', '달이 떴습니다.'],
    ['one word', '안녕'],
    ['words among English', 'The word 등대 means lighthouse, and 바다 means sea.'],
    ['hanja in brackets', '등대(燈臺)는 바다(海)를 비추는 탑(塔)을 말한다. 밤에 배가 길을 찾는다.'],
    ['symbols of every kind', '“달” ― 밤하늘의 등불… ※ 참고: ①②③ ㈜바다 ★★★'],
  ])('%s', (_name, text) => {
    expect(decodeFile(encodeAs('euc-kr', text), 'a.txt')).toEqual({ text, encoding: 'euc-kr' })
  })

  test('a text longer than what is looked at, with a line of Latin at the start', () => {
    const text = `Title\n\n${letters.repeat(20)}`
    expect(recognizeEncoding(encodeAs('euc-kr', text))).toBe('euc-kr')
  })

  // Each is text in another encoding whose bytes might pass for Korean ones.
  test.each([
    [
      'Chinese in GBK',
      encodeAs('gbk', '我们在海边看见灯塔,它整夜照亮着归来的船只。这是一个关于光的故事,大家都喜欢听。'),
    ],
    ['a line of Chinese in GBK', encodeAs('gbk', '学而时习之,不亦说乎?有朋自远方来,不亦乐乎?')],
    ['Chinese in Big5', encodeAs('big5', '我們在海邊看見燈塔,它整夜照亮著歸來的船隻。')],
    ['Japanese in EUC-JP', encodeAs('euc-jp', '私たちは海辺で灯台を見ました。それは一晩中、帰る船を照らしていた。')],
    [
      'Japanese in Shift_JIS',
      encodeAs('shift_jis', '私たちは海辺で灯台を見ました。それは一晩中、帰る船を照らしていた。'),
    ],
    [
      'French in Windows-1252',
      encodeAs('windows-1252', "Là où la mer est calme, le phare éclaire. Ça m'a plu: été, forêt, naïf."),
    ],
    ['German in Windows-1252', encodeAs('windows-1252', 'Über die Straße, schöne Grüße, ÄÖÜ äöü ß')],
    ['E20 a word in Latin-1', Uint8Array.of(0x67, 0x72, 0xfc, 0xdf)],
    ['Korean in UTF-8 cut inside a character', encodeUtf8('달이 떴습니다. 감나무').subarray(0, -1)],
    ['Korean in UTF-8 with one byte changed', encodeUtf8('달이 떴습니다. 감나무 아래에서').with(2, 0x20)],
  ])('%s is not taken for it', (_name, bytes) => {
    expect(recognizeEncoding(bytes)).toBeUndefined()
  })

  test('whatever is valid UTF-8 is UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 8 }), (text) => {
        fc.pre(!text.includes('\0') && !/^[\ufeff\ufffe]/.test(text))
        expect(recognizeEncoding(encodeUtf8(text))).toBe('utf-8')
      }),
    )
  })

  test('noise is next to never taken for it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 64, maxLength: 64 }), (bytes) => {
        expect(recognizeEncoding(bytes)).not.toBe('euc-kr')
      }),
      { numRuns: 2000, seed: 3 },
    )
  })
})
