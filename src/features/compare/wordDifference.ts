// Which words of one text are not in another, in order: the longest common subsequence of their words. The answers
// are a few hundred words, so the quadratic table is a fraction of a millisecond.

export interface Word {
  /** With the white space before it, so that the words joined are the text. */
  readonly text: string
  readonly isChanged: boolean
}

/** Above this the table would be slow on every piece of a streaming answer; nothing is marked then. */
const MOST_WORDS = 1500

/** The words of `text`; changed where `reference` has another word, or none. */
export function markChangedWords(reference: string, text: string): Word[] {
  const before = wordsOf(reference)
  const after = wordsOf(text)
  if (before.length > MOST_WORDS || after.length > MOST_WORDS) return [{ text, isChanged: false }]
  const columns = after.length + 1
  const common = new Uint16Array((before.length + 1) * columns)
  const at = (row: number, column: number) => common[row * columns + column] ?? 0
  for (let row = before.length - 1; row >= 0; row -= 1) {
    for (let column = after.length - 1; column >= 0; column -= 1) {
      const isSame = key(before[row]) === key(after[column])
      common[row * columns + column] = isSame
        ? at(row + 1, column + 1) + 1
        : Math.max(at(row + 1, column), at(row, column + 1))
    }
  }
  const words: Word[] = []
  let row = 0
  for (let column = 0; column < after.length; ) {
    const text = after[column] ?? ''
    if (row < before.length && key(before[row]) === key(text)) {
      words.push({ text, isChanged: false })
      row += 1
      column += 1
    } else if (row < before.length && at(row + 1, column) >= at(row, column + 1)) {
      row += 1
    } else {
      words.push({ text, isChanged: true })
      column += 1
    }
  }
  return joined(words)
}

/** Neighbours of one kind as one, so that an underline runs through the spaces between them. */
function joined(words: readonly Word[]): Word[] {
  const runs: Word[] = []
  for (const word of words) {
    const last = runs.at(-1)
    if (last?.isChanged === word.isChanged) runs[runs.length - 1] = { ...last, text: last.text + word.text }
    else runs.push(word)
  }
  // The space before a marked run is not a part of it: an underline should begin with its first word.
  return runs.flatMap((run) => {
    const space = run.isChanged ? (/^\s+/.exec(run.text)?.[0] ?? '') : ''
    return space
      ? [
          { text: space, isChanged: false },
          { ...run, text: run.text.slice(space.length) },
        ]
      : [run]
  })
}

function wordsOf(text: string): string[] {
  return text.match(/\s*\S+|\s+$/g) ?? []
}

function key(word: string | undefined): string {
  return (word ?? '').trim()
}

/** A piece of an answer, or the part of it that is marked or not. */
export interface MarkedPiece {
  readonly text: string
  readonly probability: number
  readonly isChanged: boolean
}

/** The pieces of an answer, cut where a changed word begins or ends. */
export function markPieces(
  reference: string,
  pieces: readonly { readonly text: string; readonly probability: number }[],
): MarkedPiece[] {
  const words = markChangedWords(reference, pieces.map(({ text }) => text).join(''))
  const marked: MarkedPiece[] = []
  let word = 0
  let used = 0
  for (const { text, probability } of pieces) {
    for (let from = 0; from < text.length; ) {
      const { text: wordText = text, isChanged = false } = words[word] ?? {}
      const length = Math.min(text.length - from, wordText.length - used)
      marked.push({ text: text.slice(from, from + length), probability, isChanged })
      from += length
      used += length
      if (used < wordText.length) continue
      word += 1
      used = 0
    }
  }
  return marked
}
