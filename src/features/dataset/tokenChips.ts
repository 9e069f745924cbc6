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
  /** Where the text ends, or the model learns to stop. */
  readonly isEnd: boolean
  /** Written by the template, never by a person. */
  readonly isSpecial: boolean
}

export function readChips(preview: TokenPreview): Chip[] {
  return spellOut(preview.texts).map((text, index) => {
    const withoutBreaks = text.replace(/\n+$/, '')
    return {
      index,
      id: preview.ids[index] ?? 0,
      text: withoutBreaks.replace(/^ /, ''),
      isSpaced: text.startsWith(' '),
      breaks: text.length - withoutBreaks.length,
      isTrained: preview.trained[index] ?? false,
      isEnd: preview.roles[index] === 'end',
      isSpecial: preview.roles[index] === 'special',
    }
  })
}

/** Stands for a token that only goes on with the character before it. */
const CONTINUED = '·'

/**
 * Tokens that are parts of a character are named by their bytes, <EA><B7><B8>. A person reads the character: it
 * stands where its first byte does, and the tokens that go on with it are dots. Bytes that make no character
 * keep their names.
 */
function spellOut(texts: readonly string[]): string[] {
  const spelled = [...texts]
  for (let first = 0; first < texts.length; first++) {
    if (!isBytes(texts[first])) continue
    let end = first
    while (isBytes(texts[end])) end++
    const run = texts.slice(first, end)
    const all = Uint8Array.from(run.flatMap(bytesOf))
    const characters = decodeWhole(all)
    if (characters) {
      let place = 0
      run.forEach((text, index) => {
        const starts = bytesOf(text).map(() => characters.get(place++) ?? '')
        spelled[first + index] = starts.join('') || CONTINUED
      })
    }
    first = end
  }
  return spelled
}

/** Characters by the place of their first byte; undefined when the bytes are not all of whole characters. */
function decodeWhole(bytes: Uint8Array): Map<number, string> | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    const places = [...bytes.keys()].filter((place) => ((bytes[place] ?? 0) & 0xc0) !== 0x80)
    return new Map(Array.from(text, (character, index) => [places[index] ?? 0, character]))
  } catch {
    return undefined
  }
}

function isBytes(text: string | undefined): boolean {
  return text !== undefined && /^(<[0-9A-F]{2}>)+$/.test(text)
}

function bytesOf(text: string): number[] {
  return Array.from(text.matchAll(/<([0-9A-F]{2})>/g), ([, byte]) => Number.parseInt(byte ?? '', 16))
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
