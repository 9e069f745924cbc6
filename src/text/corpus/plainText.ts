// Running text in pieces: what the train/validation split can take out without tearing a sentence.
import { cutText } from '../cutText'

/** A long text has pieces of this many UTF-16 units; that is a page, or about 500 tokens of English. */
const PIECE_LENGTH = 2000
/** A short text has shorter ones, so that holding one piece out does not hold out a fifth of it. */
const WANTED_PIECES = 24
const MIN_PIECE_LENGTH = 200

/** A text with its line breaks as one character, and nothing around it. */
export function wholeText(text: string): string {
  return text.replace(/\r\n?/g, '\n').trim()
}

/** Pieces at blank lines; a paragraph far too long is cut at line ends, a line far too long at spaces. */
export function splitText(text: string): string[] {
  const lines = wholeText(text)
  const target = Math.min(Math.max(Math.floor(lines.length / WANTED_PIECES), MIN_PIECE_LENGTH), PIECE_LENGTH)
  return piecesOf(lines, target, ['\n\n', '\n'])
}

function piecesOf(text: string, target: number, separators: readonly string[]): string[] {
  const [separator, ...finer] = separators
  if (separator === undefined) return cutText(text, target, { atSpaces: true })
  const pieces: string[] = []
  let group = ''
  const flush = (): void => {
    const piece = group.replace(/^\n+/, '').trimEnd()
    if (piece.trim() !== '') pieces.push(piece)
    group = ''
  }
  for (const unit of text.split(separator)) {
    if (group !== '' && group.length + separator.length + unit.length <= target) {
      group += separator + unit
      continue
    }
    flush()
    if (unit.length <= 2 * target) group = unit
    else for (const piece of piecesOf(unit, target, finer)) pieces.push(piece)
  }
  flush()
  return pieces
}
