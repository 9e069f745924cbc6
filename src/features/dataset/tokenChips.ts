// One document's tokens as the chips that show them.
import type { TokenPreview } from '../../text/types'

export interface Chip {
  readonly index: number
  readonly id: number
  /** Without its leading space and its line breaks: both are drawn. */
  readonly text: string
  /** The token begins with a space: a new word, not the rest of one. */
  readonly isSpaced: boolean
  /** Line breaks at its end. */
  readonly breaks: number
  readonly isTrained: boolean
  readonly isEnd: boolean
}

export function readChips(preview: TokenPreview): Chip[] {
  return preview.texts.map((text, index) => {
    const withoutBreaks = text.replace(/\n+$/, '')
    return {
      index,
      id: preview.ids[index] ?? 0,
      text: withoutBreaks.replace(/^ /, ''),
      isSpaced: text.startsWith(' '),
      breaks: text.length - withoutBreaks.length,
      isTrained: preview.trained[index] ?? false,
      isEnd: /^<\|(endoftext|im_end|eot_id)\|>$|^<\/s>$/.test(text),
    }
  })
}

/** More chips than this in a row without a space are no word: bytes of Korean, say. They may break anywhere. */
const MOST_CHIPS_IN_WORD = 6

/** Chips that belong together on a line: the pieces of a word with its comma. */
export function groupWords(chips: readonly Chip[]): Chip[][] {
  const words: Chip[][] = []
  let before: Chip | undefined
  for (const chip of chips) {
    const word = words.at(-1)
    const isNew =
      !word || !before || chip.isSpaced || chip.isEnd || before.breaks > 0 || word.length >= MOST_CHIPS_IN_WORD
    if (isNew) words.push([chip])
    else word.push(chip)
    before = chip
  }
  return words
}
