// Pre-tokenizers: text cut into the pieces that are merged on their own.
//
// A tokenizer.json brings its pattern as a regular expression, and a stranger's expression can run for ever.
// So none is ever run: the known ones are recognised by their exact text and stand here as scanners, which
// look at each character a bounded number of times. Where an alternative of the expression would backtrack,
// the comment says what it comes to.

import type { TextBefore } from './types'

export type SplitStage =
  | { readonly kind: 'pattern'; readonly pattern: PatternName }
  | { readonly kind: 'digits'; readonly isIndividual: boolean }
  /** A space in front of each piece that has none. */
  | { readonly kind: 'space-before' }
  /** SentencePiece's ▁ for spaces. `mark`: which pieces get one in front. */
  | { readonly kind: 'metaspace'; readonly mark: 'first' | 'always' | 'never'; readonly cuts: boolean }

export type PatternName = 'gpt2' | 'llama3' | 'qwen2'

const LLAMA3_BEFORE_NUMBERS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|"
const LLAMA3_AFTER_NUMBERS = '| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+'

/** The text of every expression that is known. SmolLM3 has Llama 3's, Qwen3 has Qwen2's. */
export const knownPatterns: ReadonlyMap<string, PatternName> = new Map([
  ["'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+", 'gpt2'],
  [`${LLAMA3_BEFORE_NUMBERS}\\p{N}{1,3}${LLAMA3_AFTER_NUMBERS}`, 'llama3'],
  [`${LLAMA3_BEFORE_NUMBERS}\\p{N}${LLAMA3_AFTER_NUMBERS}`, 'qwen2'],
])

/** SentencePiece's sign for a space, U+2581. */
export const METASPACE = '▁'

/** The pieces of `text` after all stages. No character is lost; ▁ and spaces may come in front. */
export function splitIntoPieces(text: string, before: TextBefore, stages: readonly SplitStage[]): readonly string[] {
  let pieces: readonly string[] = text === '' ? [] : [text]
  for (const stage of stages) {
    pieces = pieces.flatMap((piece, index) => runStage(stage, piece, index === 0 ? before : 'special'))
  }
  return pieces
}

function runStage(stage: SplitStage, text: string, before: TextBefore): string[] {
  switch (stage.kind) {
    case 'pattern':
      return scan(text, scanners[stage.pattern])
    case 'digits':
      return scan(text, stage.isIndividual ? endOfDigit : endOfDigits)
    case 'space-before':
      return [before === 'text' || text.startsWith(' ') ? text : ` ${text}`]
    case 'metaspace':
      return metaspace(text, before, stage)
  }
}

function metaspace(text: string, before: TextBefore, { mark, cuts }: SplitStage & { kind: 'metaspace' }): string[] {
  const marked = text.replaceAll(' ', METASPACE)
  const isMarked = before === 'nothing' ? mark !== 'never' : before === 'special' && mark === 'always'
  const whole = isMarked && !marked.startsWith(METASPACE) ? METASPACE + marked : marked
  return cuts ? cutBefore(whole, (index) => whole.startsWith(METASPACE, index)) : [whole]
}

/** Parts of `text` that begin where `begins` says so. */
export function cutBefore(text: string, begins: (index: number) => boolean): string[] {
  const parts: string[] = []
  let start = 0
  for (let index = 1; index < text.length; index++) {
    if (!begins(index)) continue
    parts.push(text.slice(start, index))
    start = index
  }
  if (start < text.length) parts.push(text.slice(start))
  return parts
}

/** Where the piece that begins at `start` ends; always beyond `start`. */
type Scanner = (text: string, start: number) => number

function scan(text: string, endOfPiece: Scanner): string[] {
  const pieces: string[] = []
  for (let start = 0; start < text.length; ) {
    const end = endOfPiece(text, start)
    pieces.push(text.slice(start, end))
    start = end
  }
  return pieces
}

const scanners: Readonly<Record<PatternName, Scanner>> = {
  gpt2: endOfGpt2Piece,
  llama3: (text, start) => endOfLlama3Piece(text, start, 3),
  qwen2: (text, start) => endOfLlama3Piece(text, start, 1),
}

function endOfGpt2Piece(text: string, start: number): number {
  const contraction = endOfContraction(text, start, contractions)
  if (contraction > start) return contraction
  // ` ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+`: one run of one class, with a space before it or not.
  const first = text.charCodeAt(start) === SPACE && start + 1 < text.length ? start + 1 : start
  const kind = classAt(text, first)
  if (kind !== WHITE) return endOfRun(text, first, kind)
  return endOfWhite(text, start)
}

function endOfLlama3Piece(text: string, start: number, maxNumbers: number): number {
  const contraction = endOfContraction(text, start, anyCaseContractions)
  if (contraction > start) return contraction
  const kind = classAt(text, start)
  // `[^\r\n\p{L}\p{N}]?\p{L}+`: letters, with one character before them that is no letter, number or line break.
  if (kind === LETTER) return endOfRun(text, start, LETTER)
  if (kind === NUMBER) return endOfNumbers(text, start, maxNumbers)
  const next = afterCharacter(text, start)
  const nextKind = next < text.length ? classAt(text, next) : WHITE
  if (nextKind === LETTER && !isLineBreak(text.charCodeAt(start))) return endOfRun(text, next, LETTER)
  // ` ?[^\s\p{L}\p{N}]+[\r\n]*`
  if (kind === OTHER) return endOfLineBreaks(text, endOfRun(text, start, OTHER))
  if (nextKind === OTHER && text.charCodeAt(start) === SPACE) return endOfLineBreaks(text, endOfRun(text, next, OTHER))
  // `\s*[\r\n]+`: white space up to its last line break.
  const whiteEnd = endOfRun(text, start, WHITE)
  for (let end = whiteEnd; end > start; end--) if (isLineBreak(text.charCodeAt(end - 1))) return end
  return leavingOne(text, start, whiteEnd)
}

function endOfWhite(text: string, start: number): number {
  return leavingOne(text, start, endOfRun(text, start, WHITE))
}

/** `\s+(?!\S)|\s+`: all of the white space at the end of the text, elsewhere all but its last character, if it has more. */
function leavingOne(text: string, start: number, whiteEnd: number): number {
  return whiteEnd < text.length && whiteEnd - start > 1 ? whiteEnd - 1 : whiteEnd
}

function endOfNumbers(text: string, start: number, most: number): number {
  let end = start
  for (let count = 0; count < most && end < text.length && classAt(text, end) === NUMBER; count++) {
    end = afterCharacter(text, end)
  }
  return end
}

function endOfDigit(text: string, start: number): number {
  return classAt(text, start) === NUMBER ? afterCharacter(text, start) : endOfNoNumbers(text, start)
}

function endOfDigits(text: string, start: number): number {
  return classAt(text, start) === NUMBER ? endOfRun(text, start, NUMBER) : endOfNoNumbers(text, start)
}

function endOfNoNumbers(text: string, start: number): number {
  let end = start
  while (end < text.length && classAt(text, end) !== NUMBER) end = afterCharacter(text, end)
  return end
}

function endOfRun(text: string, start: number, kind: number): number {
  let end = start
  while (end < text.length && classAt(text, end) === kind) end = afterCharacter(text, end)
  return end
}

function endOfLineBreaks(text: string, start: number): number {
  let end = start
  while (end < text.length && isLineBreak(text.charCodeAt(end))) end++
  return end
}

const contractions = new Set(['s', 't', 'm', 'd', 're', 've', 'll'])
/** With `(?i:…)` ſ, which folds to s, counts as one. */
const anyCaseContractions = new Set(
  [...contractions, '\u017f'].flatMap((end) =>
    end.length === 1
      ? [end, end.toUpperCase()]
      : [
          end,
          end.toUpperCase(),
          end.charAt(0).toUpperCase() + end.charAt(1),
          end.charAt(0) + end.charAt(1).toUpperCase(),
        ],
  ),
)

function endOfContraction(text: string, start: number, ends: ReadonlySet<string>): number {
  if (text.charCodeAt(start) !== APOSTROPHE) return start
  if (ends.has(text.charAt(start + 1))) return start + 2
  return ends.has(text.slice(start + 1, start + 3)) ? start + 3 : start
}

const SPACE = 0x20
const APOSTROPHE = 0x27

function isLineBreak(unit: number): boolean {
  return unit === 0x0a || unit === 0x0d
}

/** The place after the character at `index`. */
function afterCharacter(text: string, index: number): number {
  return index + ((text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1)
}

const LETTER = 1
const NUMBER = 2
const WHITE = 3
const OTHER = 4

/** The class of each code point that was met; 0 for the others. */
const classes = new Uint8Array(0x110000)

function classAt(text: string, index: number): number {
  const codePoint = text.codePointAt(index) ?? 0
  const known = classes[codePoint]
  if (known) return known
  const found = classify(String.fromCodePoint(codePoint))
  classes[codePoint] = found
  return found
}

/**
 * \s of the reference (Oniguruma) is the Unicode property White_Space, while JavaScript's \s takes U+FEFF in
 * and leaves U+0085 out, so the property is named.
 */
function classify(character: string): number {
  if (/\p{L}/u.test(character)) return LETTER
  if (/\p{N}/u.test(character)) return NUMBER
  return /\p{White_Space}/u.test(character) ? WHITE : OTHER
}
