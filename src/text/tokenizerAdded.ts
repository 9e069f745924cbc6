// Added tokens: strings that are looked for in a text before anything else, the longest first where several
// begin at one place, with the flags of the reference (AddedVocabulary of the Rust library).

export interface AddedToken {
  readonly id: number
  readonly content: string
  /** A control token. It is found only where the caller allows it. */
  readonly isSpecial: boolean
  /** Not between letters or digits. */
  readonly isSingleWord: boolean
  readonly takesSpaceBefore: boolean
  readonly takesSpaceAfter: boolean
  /** Looked for in the normalized text. */
  readonly isNormalized: boolean
}

/** A stretch of a text: an added token where it has an id. */
export interface TextPart {
  readonly id?: number
  readonly start: number
  readonly end: number
}

export type AddedTokenFinder = (text: string, isAllowed: (start: number, end: number) => boolean) => TextPart[]

/** tokens: what is looked for, by its text. */
export function addedTokenFinder(tokens: ReadonlyMap<string, AddedToken>): AddedTokenFinder {
  if (tokens.size === 0) return (text) => (text === '' ? [] : [{ start: 0, end: text.length }])
  const find = longestMatchFinder(tokens)
  return (text, isAllowed) => {
    const parts: TextPart[] = []
    let textStart = 0
    for (let at = 0; at < text.length; ) {
      const found = find(text, at)
      if (!found) {
        at++
        continue
      }
      const { token, end: foundEnd } = found
      const begin = at
      at = foundEnd
      if (foundEnd <= textStart) continue // white space that the token before it has taken
      if (token.isSpecial && !isAllowed(begin, foundEnd)) continue
      if (token.isSingleWord && (endsWithWord(text, begin) || startsWithWord(text, foundEnd))) continue
      const start = token.takesSpaceBefore ? spaceBefore(text, begin, textStart) : Math.max(begin, textStart)
      const end = token.takesSpaceAfter ? spaceAfter(text, foundEnd) : foundEnd
      if (textStart < start) parts.push({ start: textStart, end: start })
      parts.push({ id: token.id, start, end })
      textStart = end
    }
    if (textStart < text.length) parts.push({ start: textStart, end: text.length })
    return parts
  }
}

interface Match {
  readonly token: AddedToken
  readonly end: number
}

/** A trie: edges.get(node * 65536 + UTF-16 unit) is the next node. */
function longestMatchFinder(tokens: ReadonlyMap<string, AddedToken>): (text: string, at: number) => Match | undefined {
  const edges = new Map<number, number>()
  const tokenAt = new Map<number, AddedToken>()
  for (const [content, token] of tokens) {
    let node = 0
    for (let index = 0; index < content.length; index++) {
      const edge = node * 0x10000 + content.charCodeAt(index)
      const next = edges.get(edge) ?? edges.size + 1
      edges.set(edge, next)
      node = next
    }
    tokenAt.set(node, token)
  }
  return (text, at) => {
    let longest: Match | undefined
    let node = edges.get(text.charCodeAt(at))
    for (let end = at + 1; node !== undefined; end++) {
      const token = tokenAt.get(node)
      if (token) longest = { token, end }
      if (end === text.length) break
      node = edges.get(node * 0x10000 + text.charCodeAt(end))
    }
    return longest
  }
}

const white = /\p{White_Space}/u

function spaceBefore(text: string, end: number, limit: number): number {
  let start = end
  while (start > limit && white.test(text.charAt(start - 1))) start--
  return start
}

function spaceAfter(text: string, start: number): number {
  let end = start
  while (end < text.length && white.test(text.charAt(end))) end++
  return end
}

/** What \w is in Rust's regular expressions. */
const word = '[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}]'
const wordAtEnd = new RegExp(`${word}$`, 'u')
const wordAtStart = new RegExp(`^${word}`, 'u')

function endsWithWord(text: string, end: number): boolean {
  return wordAtEnd.test(text.slice(Math.max(0, end - 2), end))
}

function startsWithWord(text: string, start: number): boolean {
  return wordAtStart.test(text.slice(start, start + 2))
}
