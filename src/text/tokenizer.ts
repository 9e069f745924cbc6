// Text to token ids and back, for byte-level BPE and SentencePiece's BPE.
//
// Text goes through the stages of the reference: added tokens are cut out, the rest is normalized, cut into
// pieces, and each distinct piece is merged once. What is different on purpose: control tokens in a text are
// text unless the caller allows them, and runs of more than MAX_COMBINING_RUN marks or MAX_PIECE_LENGTH
// characters without a place to cut are taken in parts, so that no text takes more than n log n.
import { encodeUtf8 } from '../base/bytes'
import { AppError } from '../base/errors'
import { byteCharacters, bytesOfToken } from './byteAlphabet'
import { cutText } from './cutText'
import { addedTokenFinder, type AddedToken, type TextPart } from './tokenizerAdded'
import { byteTokens, readTokenizerFile, type Normalization, type TokenizerFile } from './tokenizerFile'
import { createMerger } from './tokenizerMerge'
import { cutBefore, METASPACE, splitIntoPieces } from './tokenizerSplit'
import type { DecodeStream, EncodeOptions, TextBefore, Tokenizer } from './types'

/** About 10 MB when full. Novels have fewer distinct pieces; noise must not grow it for ever. */
const MAX_CACHED_PIECES = 65_536
const MAX_CACHED_PIECE_LENGTH = 64
/** Merging takes about 50 bytes a symbol. */
const MAX_PIECE_LENGTH = 1_048_576
/** Browsers sort a run of combining marks in quadratic time: 80,000 take 2 s. Unicode's Stream-Safe Text has 30. */
const MAX_COMBINING_RUN = 256

/**
 * A tokenizer from the contents of tokenizer.json and, for the tokens that begin and end a text,
 * tokenizer_config.json and generation_config.json.
 *
 * @throws AppError `tokenizer/invalid`, `tokenizer/unsupported`.
 */
export function loadTokenizer(tokenizerJson: unknown, config?: unknown, generationConfig?: unknown): Tokenizer {
  const file = readTokenizerFile(tokenizerJson, config, generationConfig)
  const encodePlain = plainEncoder(file)
  const decoding = tokenDecoder(file)
  const special = new Map(file.added.filter(({ isSpecial }) => isSpecial).map(({ id, content }) => [content, id]))
  const specialIds = new Set(special.values())
  const findAdded = addedTokenFinder(byContent(file.added.filter(({ isNormalized }) => !isNormalized)))
  const findNormalized = addedTokenFinder(
    byContent(
      file.added.filter(({ isNormalized }) => isNormalized),
      (content) => normalize(content, 'nothing', file.normalization),
    ),
  )

  return {
    encode(text, { allowSpecial = false, after = 'nothing' }: EncodeOptions = {}) {
      const ids: number[] = []
      const whole = wellFormed(text)
      let before: TextBefore = after
      const push = (id: number): void => {
        ids.push(id)
        before = 'special'
      }
      for (const part of findAdded(whole, allowing(allowSpecial))) {
        if (part.id !== undefined) {
          push(part.id)
          continue
        }
        const normalized = normalize(whole.slice(part.start, part.end), before, file.normalization)
        for (const inner of findNormalized(normalized, allowing(allowSpecial, part, normalized.length))) {
          if (inner.id !== undefined) {
            push(inner.id)
            continue
          }
          encodePlain(normalized.slice(inner.start, inner.end), before, ids)
          before = 'special' // only an added token can be between this stretch and the next
        }
      }
      return ids
    },
    decode(ids, { skipSpecial = false } = {}) {
      const stream = decoding.stream('beginning')
      let text = ''
      for (let i = 0; i < ids.length; i++) {
        const id = ids[i] ?? 0
        if (!(skipSpecial && specialIds.has(id))) text += stream.push(id)
      }
      return text + stream.end()
    },
    decodeToken(id) {
      const bytes = decoding.bytesOf(id)
      const text = newDecoder().decode(bytes)
      if (!text.includes('\ufffd') || file.tokens[id] === undefined) return text
      return Array.from(bytes, (byte) => (byte < 0x80 ? String.fromCharCode(byte) : `<${hex(byte)}>`)).join('')
    },
    decodeStream: () => decoding.stream('middle'),
    vocabularySize: file.tokens.length,
    endOfTextId: file.endOfTextIds[0],
    endOfTextIds: file.endOfTextIds,
    beginOfTextId: file.beginOfTextId,
    specialTokens: special,
  }
}

/** @throws AppError `tokenizer/invalid` when a token has no row in the embedding. Rows without a token are usual. */
export function checkVocabulary({ vocabularySize }: Tokenizer, embeddingRows: number): void {
  if (vocabularySize <= embeddingRows) return
  throw new AppError('tokenizer/invalid', {
    message: `${vocabularySize} tokens, but ${embeddingRows} rows in the embedding`,
    details: { tokens: vocabularySize, rows: embeddingRows },
  })
}

function byContent(
  tokens: readonly AddedToken[],
  written: (content: string) => string = (content) => content,
): ReadonlyMap<string, AddedToken> {
  return new Map(tokens.map((token) => [written(token.content), token]))
}

type Allowed = NonNullable<EncodeOptions['allowSpecial']>

/**
 * Whether a control token may be at a place. part: the stretch of the text that the place is in, when it has
 * been normalized to `normalizedLength` units.
 */
function allowing(allowed: Allowed, part?: TextPart, normalizedLength = 0): (start: number, end: number) => boolean {
  if (typeof allowed === 'boolean') return () => allowed
  const isInside = (start: number, end: number) => allowed.some((one) => one.start <= start && end <= one.end)
  if (!part) return isInside
  const shift = part.end - normalizedLength
  // A mark in front moves every place by one. Where NFC changed the length, places have no origin any more.
  const isPlain = shift === part.start || shift === part.start - 1
  return (start, end) => (isPlain ? isInside(start + shift, end + shift) : isInside(part.start, part.end))
}

/** Half characters become U+FFFD, as they do in UTF-8. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd')
}

function normalize(text: string, before: TextBefore, steps: readonly Normalization[]): string {
  let normalized = text
  for (const step of steps) {
    if (step === 'nfc') normalized = composed(normalized)
    else if (step === 'spaces') normalized = normalized.replaceAll(' ', METASPACE)
    else if (normalized !== '' && before !== 'text') normalized = METASPACE + normalized
  }
  return normalized
}

function composed(text: string): string {
  const parts = text.split(longCombiningRun)
  return parts.length === 1 ? text.normalize('NFC') : parts.map((part) => part.normalize('NFC')).join('')
}

// Splits keep what is in brackets: each full run is a part of its own.
const longCombiningRun = new RegExp(`(\\p{M}{${MAX_COMBINING_RUN}})`, 'u')

/** Appends the ids of normalized text that holds no added token. */
function plainEncoder(file: TokenizerFile): (text: string, before: TextBefore, ids: number[]) => void {
  const isByteLevel = file.decoding.kind === 'bytes'
  const encodePiece = cached(pieceEncoder(file, isByteLevel ? byteSymbols(file) : characterSymbols(file)))
  const cut = isByteLevel ? (piece: string) => [piece] : wordCutter(file)
  return (text, before, ids) => {
    for (const piece of splitIntoPieces(text, before, file.splitStages)) {
      for (const word of cut(piece)) {
        for (const part of word.length > MAX_PIECE_LENGTH ? cutText(word, MAX_PIECE_LENGTH) : [word]) {
          for (const id of encodePiece(part)) ids.push(id)
        }
      }
    }
  }
}

function cached(encodePiece: (piece: string) => readonly number[]): (piece: string) => readonly number[] {
  const known = new Map<string, readonly number[]>()
  return (piece) => {
    const found = known.get(piece)
    if (found !== undefined) return found
    const ids = encodePiece(piece)
    if (piece.length <= MAX_CACHED_PIECE_LENGTH) {
      if (known.size >= MAX_CACHED_PIECES) known.clear()
      // A slice keeps the whole text it was cut from; this one keeps a copy of itself.
      known.set(` ${piece}`.slice(1), ids)
    }
    return ids
  }
}

/** The ids that merging begins with, in a list that may be used again, and how many. */
type Symbols = (piece: string) => { readonly symbols: Int32Array; readonly count: number }

function pieceEncoder(file: TokenizerFile, symbolsOf: Symbols): (piece: string) => readonly number[] {
  const merge = createMerger(file.merges, file.tokens.length)
  const isByteLevel = file.decoding.kind === 'bytes'
  const written = (piece: string): string =>
    isByteLevel ? Array.from(encodeUtf8(piece), (byte) => byteCharacters[byte]).join('') : piece
  return (piece) => {
    // No token is longer than 1,024 characters, so no longer piece can be one.
    const whole = file.ignoresMerges && piece.length <= 1024 ? file.vocabulary.get(written(piece)) : undefined
    if (whole !== undefined) return [whole]
    const { symbols, count } = symbolsOf(piece)
    return count === 0 ? [] : merge(symbols, count)
  }
}

function byteSymbols({ vocabulary, unknown }: TokenizerFile): Symbols {
  const idOfByte = Int32Array.from(byteCharacters, (character) => vocabulary.get(character) ?? -1)
  const kept = new Int32Array(MAX_CACHED_PIECE_LENGTH * 3)
  return (piece) => {
    const bytes = encodeUtf8(piece)
    const symbols = bytes.length <= kept.length ? kept : new Int32Array(bytes.length)
    let count = 0
    let isUnknown = false
    for (const byte of bytes) {
      const id = idOfByte[byte]!
      const isFused = isUnknown && unknown?.isFused === true
      isUnknown = id === -1
      if (id !== -1) symbols[count++] = id
      else if (unknown && !isFused) symbols[count++] = unknown.id
    }
    return { symbols, count }
  }
}

function characterSymbols({ vocabulary, unknown }: TokenizerFile): Symbols {
  const idOfByte = byteTokens.map((token) => vocabulary.get(token) ?? -1)
  return (piece) => {
    const symbols: number[] = []
    let isUnknown = false
    for (const character of piece) {
      const id = vocabulary.get(character)
      const isFused = isUnknown && unknown?.isFused === true
      isUnknown = id === undefined && unknown !== undefined
      if (id !== undefined) symbols.push(id)
      else if (!unknown) for (const byte of encodeUtf8(character)) symbols.push(idOfByte[byte] ?? -1)
      else if (!isFused) symbols.push(unknown.id)
    }
    return { symbols: Int32Array.from(symbols), count: symbols.length }
  }
}

/**
 * SentencePiece merges a whole line at once. Where no merge ever joins a ▁ to something before it that is no
 * ▁, each word can be merged on its own with the same result, and be remembered.
 */
function wordCutter({ tokens, merges, vocabulary }: TokenizerFile): (piece: string) => readonly string[] {
  const joinsWords = merges.merged.some((id) => /[^▁]▁/u.test(tokens[id] ?? ''))
  if (joinsWords || !vocabulary.has(METASPACE)) return (piece) => [piece]
  return (piece) =>
    cutBefore(piece, (index) => piece.startsWith(METASPACE, index) && !piece.startsWith(METASPACE, index - 1))
}

interface TokenDecoder {
  bytesOf(id: number): Uint8Array
  /** Of a whole text, or of one that goes on. */
  stream(from: 'beginning' | 'middle'): DecodeStream
}

function tokenDecoder({ tokens, added, decoding, normalization }: TokenizerFile): TokenDecoder {
  const addedContent = new Map(
    added.map(({ id, content, isNormalized }) => [
      id,
      isNormalized ? normalize(content, 'text', normalization) : content,
    ]),
  )
  const byteOf = new Map(
    decoding.kind === 'text' && decoding.hasByteTokens ? byteTokens.map((token, byte) => [token, byte]) : [],
  )

  function bytesOf(id: number): Uint8Array {
    const token = addedContent.get(id) ?? tokens[id]
    if (token === undefined) return encodeUtf8('\ufffd')
    const byte = byteOf.get(token)
    if (byte !== undefined) return Uint8Array.of(byte)
    if (decoding.kind === 'text') return encodeUtf8(token.replaceAll(METASPACE, ' '))
    return (addedContent.has(id) ? undefined : bytesOfToken(token)) ?? encodeUtf8(token)
  }

  function first(id: number): Uint8Array {
    const bytes = bytesOf(id)
    const drops = decoding.kind === 'text' ? decoding.drops : 'nothing'
    if (drops === 'first-spaces') return encodeUtf8((tokens[id] ?? '\ufffd').replaceAll(METASPACE, ''))
    return drops === 'space' && bytes[0] === 0x20 ? bytes.subarray(1) : bytes
  }

  return {
    bytesOf,
    stream(from) {
      const decoder = newDecoder()
      let isFirst = from === 'beginning'
      return {
        push(id) {
          const bytes = isFirst ? first(id) : bytesOf(id)
          isFirst = false
          return decoder.decode(bytes, { stream: true })
        },
        end: () => decoder.decode(),
      }
    },
  }
}

function newDecoder(): TextDecoder {
  return new TextDecoder('utf-8', { ignoreBOM: true })
}

function hex(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, '0')
}
