// Added tokens: matched in text before anything is merged, the longest first where several begin at one
// place. Follows `AddedVocabulary::find_matches` of the reference (Rust tokenizers 0.23).

export interface AddedToken {
  readonly id: number
  readonly content: string
  readonly isSpecial: boolean
  /** Takes the white space before it along. */
  readonly stripsLeft: boolean
  /** Takes the white space after it along. */
  readonly stripsRight: boolean
  /** Only where no letter, digit or underscore touches it. */
  readonly isSingleWord: boolean
  /** Looked for in the normalized text, and normalized itself. */
  readonly isNormalized: boolean
}

/** Text at its place in what was cut, or the id of an added token. */
export type AddedPart = { readonly text: string; readonly start: number } | number

export type AddedTokenSplitter = (text: string, allowSpecial: boolean) => AddedPart[]

export function addedTokenSplitter(added: readonly AddedToken[]): AddedTokenSplitter {
  const tokens = new Map(added.map((token) => [token.content, token]))
  if (tokens.size === 0) return (text) => (text === '' ? [] : [{ text, start: 0 }])
  const contents = [...tokens.keys()].sort((a, b) => b.length - a.length)
  const pattern = new RegExp(contents.map((content) => content.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')).join('|'), 'gu')
  return (text, allowSpecial) => {
    const parts: AddedPart[] = []
    let done = 0
    for (const match of text.matchAll(pattern)) {
      const token = tokens.get(match[0])
      if (token === undefined || (token.isSpecial && !allowSpecial)) continue
      const [start, end] = extent(text, match.index, token)
      if (start === undefined || end <= done) continue
      if (start > done) parts.push({ text: text.slice(done, start), start: done })
      parts.push(token.id)
      done = end
    }
    if (done < text.length) parts.push({ text: text.slice(done), start: done })
    return parts

    function extent(whole: string, found: number, token: AddedToken): readonly [number | undefined, number] {
      let start = found
      let end = found + token.content.length
      if (token.isSingleWord && (endsWithWord(whole, start) || startsWithWord(whole, end))) return [undefined, end]
      if (token.stripsLeft) while (start > done && isSpace(whole.charCodeAt(start - 1))) start--
      if (token.stripsRight) while (end < whole.length && isSpace(whole.charCodeAt(end))) end++
      return [Math.max(start, done), end]
    }
  }
}

/** \w of the reference's regular expressions. */
const wordPattern = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u
const spacePattern = /\p{White_Space}/u

/** White space has no character outside the basic plane. */
function isSpace(unit: number): boolean {
  return spacePattern.test(String.fromCharCode(unit))
}

function startsWithWord(text: string, end: number): boolean {
  return end < text.length && wordPattern.test(String.fromCodePoint(text.codePointAt(end) ?? 0))
}

function endsWithWord(text: string, start: number): boolean {
  if (start === 0) return false
  const unit = text.charCodeAt(start - 1)
  const isLowSurrogate = unit >= 0xdc00 && unit < 0xe000
  const point = isLowSurrogate && start > 1 ? (text.codePointAt(start - 2) ?? 0) : unit
  return wordPattern.test(String.fromCodePoint(point))
}
