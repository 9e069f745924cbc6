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
