// A small adapter as text for an address: `1.<bytes>.<sha256>.<payload>`. The payload is the self-contained file,
// deflated, in base64url; bytes and hash are of what is deflated.
//
// The text comes from a stranger. Nothing is decoded before its length was compared, nothing is inflated before the
// hash was found right, and nothing is inflated beyond a limit: a hash proves that the link is whole, not that it is
// harmless.
import { Inflate, deflateSync } from 'fflate'
import { base64Of, concatBytes, sha256Hex } from '../base/bytes'
import { AppError, type ErrorCode } from '../base/errors'

const VERSION = '1'
/** In base64url 267 kB of address. Chromium takes 2 MB and Firefox 1 MB; what people send links with takes less. */
export const MAX_LINK_BYTES = 200_000
/** Numbers hardly shrink: a real payload unpacks to less than twice its size, and to a little more for its header. */
const MAX_UNPACKED_BYTES = 2 * 1024 * 1024
/** So little of the input at once that what it inflates to, 1,032 times as much at most, stays a few megabytes. */
const INFLATE_BYTES = 4096

export interface PackedLink {
  /** Null where it is too large for a link. */
  readonly text: string | null
  /** Deflated: what is compared with the limit. */
  readonly bytes: number
}

export async function writeAdapterLink(file: Uint8Array): Promise<PackedLink> {
  // So far beyond the limit that no packing helps: the seconds are saved, and the size is that of the file.
  if (file.byteLength > 10 * MAX_LINK_BYTES) return { text: null, bytes: file.byteLength }
  const packed = deflateSync(file, { level: 9 }) as Uint8Array<ArrayBuffer> // fflate allocates it, never from shared memory
  const bytes = packed.byteLength
  if (bytes > MAX_LINK_BYTES) return { text: null, bytes }
  return { text: [VERSION, bytes, await sha256Hex(packed), toBase64Url(packed)].join('.'), bytes }
}

/**
 * The file in a link.
 *
 * @throws AppError `link/unknown-version`, `link/too-large`, `link/cut` for one that lost its end, `link/damaged` for
 * any other that is not what was written.
 */
export async function readAdapterLink(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const [version, size = '', hash = '', payload = '', ...rest] = text.slice(0, MAX_LINK_CHARACTERS + 1).split('.')
  if (version !== VERSION) throw broken('link/unknown-version', `version ${version?.slice(0, 10)}, expected ${VERSION}`)
  if (text.length > MAX_LINK_CHARACTERS) throw broken('link/too-large', `${text.length} characters`)
  if (!/^\d{0,6}$/.test(size) || !/^[0-9a-f]{0,64}$/.test(hash) || rest.length > 0) {
    throw broken('link/damaged', 'a head that is not <bytes>.<sha256>')
  }
  const expected = Math.ceil((Number(size) * 4) / 3)
  if (size === '' || hash.length < 64 || payload.length < expected) {
    throw broken('link/cut', `${payload.length} characters of ${size === '' ? 'an unknown number' : expected}`)
  }
  const packed = fromBase64Url(payload)
  if (packed?.byteLength !== Number(size)) throw broken('link/damaged', `no base64url of ${size} bytes`)
  const found = await sha256Hex(packed)
  if (found !== hash) throw broken('link/damaged', `the hash is ${found}, the link says ${hash}`)
  return inflated(packed)
}

/** Version, a size of six digits, a hash and a payload of the largest size, with three dots. */
const MAX_LINK_CHARACTERS = 1 + 6 + 64 + Math.ceil((MAX_LINK_BYTES * 4) / 3) + 3

function inflated(packed: Uint8Array): Uint8Array<ArrayBuffer> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  let isWhole = false
  const inflate = new Inflate((piece, isLast) => {
    bytes += piece.byteLength
    if (bytes > MAX_UNPACKED_BYTES) throw broken('link/damaged', `more than ${MAX_UNPACKED_BYTES} bytes unpacked`)
    pieces.push(piece)
    isWhole ||= isLast
  })
  try {
    for (let at = 0; at < packed.byteLength; at += INFLATE_BYTES) {
      inflate.push(packed.subarray(at, at + INFLATE_BYTES), at + INFLATE_BYTES >= packed.byteLength)
    }
  } catch (cause) {
    throw cause instanceof AppError ? cause : broken('link/damaged', 'no deflated bytes', cause)
  }
  if (!isWhole) throw broken('link/damaged', 'deflated bytes without an end')
  return concatBytes(pieces)
}

function toBase64Url(bytes: Uint8Array): string {
  return base64Of(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

/** Null for text that is none. */
function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | null {
  if (!/^[\w-]*$/.test(text)) return null
  try {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
    return Uint8Array.from(binary, (character) => character.charCodeAt(0))
  } catch {
    return null
  }
}

function broken(code: ErrorCode, message: string, cause?: unknown): AppError {
  return new AppError(code, { message: `the link: ${message}`, cause })
}
