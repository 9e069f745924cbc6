// Text to token ids and back, for byte-level BPE.
//
// The merging itself is @huggingface/tokenizers. Text is cut into pieces here first, by the same pattern
// as there, and each distinct piece is encoded once: three to thirty times faster on real text.
import { Tokenizer as PieceTokenizer } from '@huggingface/tokenizers'
import { encodeUtf8 } from '../base/bytes'
import { bytesOfToken } from './byteAlphabet'
import { cutText } from './cutText'
import { gpt2Pattern, readTokenizerFile, type TokenizerFile } from './tokenizerFile'
import type { DecodeStream, Tokenizer } from './types'

/** About 10 MB when full. Novels have fewer distinct pieces; noise must not grow it for ever. */
const MAX_CACHED_PIECES = 65_536
const MAX_CACHED_PIECE_LENGTH = 64
/** Merging takes about 200 bytes a character. Longer pieces are no words, and are merged in parts. */
const MAX_PIECE_LENGTH = 16_384

/**
 * A tokenizer from the contents of tokenizer.json and, for the name of its end of text, tokenizer_config.json.
 *
 * @throws AppError `tokenizer/invalid` for anything but a sound byte-level BPE with GPT-2's pattern.
 */
export function loadTokenizer(tokenizerJson: unknown, config?: unknown): Tokenizer {
  const file = readTokenizerFile(tokenizerJson, config)
  const encodePiece = pieceEncoder(file)
  const always = addedTokenSplitter(file.added.filter(({ isSpecial }) => !isSpecial))
  const withSpecial = addedTokenSplitter(file.added)
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
      for (const part of (allowSpecial ? withSpecial : always)(text)) {
        if (typeof part === 'number') ids.push(part)
        else for (const [piece] of part.matchAll(gpt2Pattern)) pushPiece(ids, piece)
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

/** Cuts text at added tokens, the longest first where several begin at one place. */
function addedTokenSplitter(added: TokenizerFile['added']): (text: string) => (string | number)[] {
  if (added.length === 0) return (text) => [text]
  const ids = new Map(added.map(({ content, id }) => [content, id]))
  const contents = [...ids.keys()].sort((a, b) => b.length - a.length)
  const pattern = new RegExp(contents.map((content) => content.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('|'), 'g')
  return (text) => {
    const parts: (string | number)[] = []
    let start = 0
    for (const match of text.matchAll(pattern)) {
      if (match.index > start) parts.push(text.slice(start, match.index))
      parts.push(ids.get(match[0]) ?? 0)
      start = match.index + match[0].length
    }
    if (start < text.length) parts.push(text.slice(start))
    return parts
  }
}

function newDecoder(): TextDecoder {
  return new TextDecoder('utf-8', { ignoreBOM: true })
}

function hex(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, '0')
}
