// Text to token ids and back, for byte-level BPE.
//
// The merging itself is @huggingface/tokenizers. Text is cut into pieces here first, by the same pattern
// as there, and each distinct piece is encoded once: three to thirty times faster on real text.
import { Tokenizer as PieceTokenizer } from '@huggingface/tokenizers'
import { encodeUtf8 } from '../base/bytes'
import { bytesOfToken } from './byteAlphabet'
import { cutText } from './cutText'
import { addedTokenSplitter } from './tokenizerAdded'
import { readTokenizerFile, type TokenizerFile } from './tokenizerFile'
import type { TokenizerScheme } from './tokenizerScheme'
import type { DecodeStream, Tokenizer } from './types'

/** About 10 MB when full. Novels have fewer distinct pieces; noise must not grow it for ever. */
const MAX_CACHED_PIECES = 65_536
const MAX_CACHED_PIECE_LENGTH = 64
/** Merging takes about 200 bytes a character. Longer pieces are no words, and are merged in parts. */
const MAX_PIECE_LENGTH = 16_384

/**
 * A tokenizer from the contents of tokenizer.json and, for the name of its end of text, tokenizer_config.json.
 *
 * @throws AppError `tokenizer/invalid` for anything but a sound BPE of a known scheme.
 */
export function loadTokenizer(tokenizerJson: unknown, config?: unknown): Tokenizer {
  const file = readTokenizerFile(tokenizerJson, config)
  const encodePiece = pieceEncoder(file)
  const normalize = normalizerOf(file.scheme)
  const splitWritten = addedTokenSplitter(file.added.filter(({ isNormalized }) => !isNormalized))
  const splitNormalized = addedTokenSplitter(
    file.added
      .filter(({ isNormalized }) => isNormalized)
      .map((token) => ({ ...token, content: normalize(token.content) })),
  )
  const addedContent = new Map(file.added.map(({ id, content }) => [id, content]))
  const special = new Map(file.added.filter(({ isSpecial }) => isSpecial).map(({ id, content }) => [content, id]))
  const specialIds = new Set(special.values())

  function tokenBytes(id: number): Uint8Array {
    const content = addedContent.get(id)
    if (content !== undefined) return encodeUtf8(content)
    const token = file.tokens[id]
    if (token === undefined) return encodeUtf8('\ufffd')
    return bytesOfToken(token) ?? encodeUtf8(token)
  }

  function pushPiece(ids: number[], piece: string): void {
    if (piece.length <= MAX_PIECE_LENGTH) {
      for (const id of encodePiece(piece)) ids.push(id)
      return
    }
    for (const part of cutText(piece, MAX_PIECE_LENGTH)) for (const id of encodePiece(part)) ids.push(id)
  }

  function decodeStream(): DecodeStream {
    const decoder = newDecoder()
    return {
      push: (id) => decoder.decode(tokenBytes(id), { stream: true }),
      end: () => decoder.decode(),
    }
  }

  return {
    encode(text, { allowSpecial = false } = {}) {
      const ids: number[] = []
      for (const part of splitWritten(text, allowSpecial)) {
        if (typeof part === 'number') ids.push(part)
        else {
          for (const inner of splitNormalized(normalize(part.text), allowSpecial)) {
            if (typeof inner === 'number') ids.push(inner)
            else for (const piece of cutPieces(inner.text, file.scheme.patterns)) pushPiece(ids, piece)
          }
        }
      }
      return ids
    },
    decode(ids, { skipSpecial = false } = {}) {
      const stream = decodeStream()
      let text = ''
      for (let i = 0; i < ids.length; i++) {
        const id = ids[i] ?? 0
        if (!(skipSpecial && specialIds.has(id))) text += stream.push(id)
      }
      return text + stream.end()
    },
    decodeToken(id) {
      const bytes = tokenBytes(id)
      const text = newDecoder().decode(bytes)
      if (!text.includes('\ufffd') || file.tokens[id] === undefined) return text
      return Array.from(bytes, (byte) => (byte < 0x80 ? String.fromCharCode(byte) : `<${hex(byte)}>`)).join('')
    },
    decodeStream,
    vocabularySize: file.tokens.length,
    endOfTextId: file.endOfTextId,
    specialTokens: special,
  }
}

/** Ids of one piece of text that holds no added token. */
function pieceEncoder(file: TokenizerFile): (piece: string) => readonly number[] {
  // Without the added tokens and the merges that would make one, no text can become a special token.
  const added = new Set(file.added.map(({ content }) => content))
  const vocabulary = [...file.tokens.entries()].filter(([, token]) => !added.has(token))
  const tokenizer = new PieceTokenizer(
    {
      added_tokens: [],
      normalizer: null,
      pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: false },
      post_processor: null,
      decoder: { type: 'ByteLevel' },
      model: {
        type: 'BPE',
        ignore_merges: file.ignoresMerges,
        vocab: Object.fromEntries(vocabulary.map(([id, token]) => [token, id])),
        merges: file.merges.filter((pair) => pair.every((half) => !added.has(half)) && !added.has(pair.join(''))),
      },
    },
    {},
  )
  const cache = new Map<string, readonly number[]>()
  return (piece) => {
    const known = cache.get(piece)
    if (known !== undefined) return known
    const { ids } = tokenizer.encode(piece, { add_special_tokens: false })
    if (piece.length <= MAX_CACHED_PIECE_LENGTH) {
      if (cache.size >= MAX_CACHED_PIECES) cache.clear()
      cache.set(piece, ids)
    }
    return ids
  }
}

function normalizerOf(scheme: TokenizerScheme): (text: string) => string {
  return scheme.isComposed ? (text) => text.normalize('NFC') : (text) => text
}

function* cutPieces(text: string, [pattern, ...finer]: readonly RegExp[]): Generator<string> {
  if (pattern === undefined) yield text
  else {
    for (const [piece] of text.matchAll(pattern)) {
      if (finer.length === 0) yield piece
      else yield* cutPieces(piece, finer)
    }
  }
}

function newDecoder(): TextDecoder {
  return new TextDecoder('utf-8', { ignoreBOM: true })
}

function hex(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, '0')
}
