// The encoding of a text file, from its bytes alone. UTF-8 or UTF-16 by its mark, UTF-16 by its zeros, UTF-8
// because it decodes, and the one Korean encoding that is still met. Anything else is no text we know: a
// guess between the many one-byte encodings would be wrong often and silently.
import { startsWithBytes } from '../../base/bytes'
import type { TextEncoding } from '../types'

const SNIFFED_BYTES = 4096
/** Enough to tell languages apart: about 30,000 characters of Korean. */
const KOREAN_SNIFFED_BYTES = 65_536
/**
 * Korean prose is made of the 2,350 syllables of KS X 1001, with hanja and symbols in between. Of Chinese
 * (GBK) and Japanese (EUC-JP, Shift_JIS) bytes about half fall on those syllables, and some on places that
 * CP949 leaves empty; a few words of Chinese can still pass, and the page says what it took them for.
 */
const LEAST_SYLLABLE_SHARE = 0.75

/** @returns the encoding, or undefined when the bytes are text in none that is read here. */
export function recognizeEncoding(bytes: Uint8Array): TextEncoding | undefined {
  const wide = utf16Of(bytes)
  if (wide !== undefined) return wide
  if (decodes(bytes, 'utf-8')) return 'utf-8'
  return isKorean(bytes) && decodes(bytes, 'euc-kr') ? 'euc-kr' : undefined
}

function utf16Of(bytes: Uint8Array): TextEncoding | undefined {
  if (startsWithBytes(bytes, [0xff, 0xfe])) return 'utf-16le'
  if (startsWithBytes(bytes, [0xfe, 0xff])) return 'utf-16be'
  // Without a mark: spaces and line ends have a zero byte, always on the same side, and one byte in ten is
  // such a zero even in Korean. A stray NUL in UTF-8 is rarer.
  const zeros = [0, 0]
  const head = bytes.subarray(0, SNIFFED_BYTES)
  head.forEach((byte, index) => {
    if (byte === 0) zeros[index % 2] = (zeros[index % 2] ?? 0) + 1
  })
  const [even = 0, odd = 0] = zeros
  const enough = Math.max(head.length / 20, 1)
  if (bytes.byteLength % 2 === 0 && even === 0 && odd > enough) return 'utf-16le'
  if (bytes.byteLength % 2 === 0 && odd === 0 && even > enough) return 'utf-16be'
  return undefined
}

/**
 * Of the two-byte characters that are letters (the rows of symbols left out), at least three quarters are
 * syllables of KS X 1001: a first byte B0 to C8, a second A1 to FE.
 */
function isKorean(bytes: Uint8Array): boolean {
  let syllables = 0
  let others = 0
  const end = Math.min(bytes.length, KOREAN_SNIFFED_BYTES) - 1
  for (let i = 0; i < end; i++) {
    const first = bytes[i]!
    if (first < 0x80) continue
    const second = bytes[++i]!
    if (first >= 0xb0 && first <= 0xc8 && second >= 0xa1) syllables++
    else if (!(first >= 0xa1 && first <= 0xa3 && second >= 0xa1)) others++
  }
  return syllables > 0 && syllables >= LEAST_SYLLABLE_SHARE * (syllables + others)
}

function decodes(bytes: Uint8Array, encoding: TextEncoding): boolean {
  try {
    new TextDecoder(encoding, { fatal: true }).decode(bytes)
    return true
  } catch {
    return false
  }
}
