// Hashes of bytes that come in pieces. The browser's own digests want all of them at once, which for a model's
// weights is gigabytes.
import { sha1 } from '@noble/hashes/legacy.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { encodeUtf8, hexOf } from './bytes'

export interface StreamingHash {
  update(bytes: Uint8Array): void
  /** Ends the hash: lower-case hex digits. */
  hex(): string
}

export function streamingSha256(): StreamingHash {
  return ending(sha256.create())
}

/** The name git gives to a file of `sizeBytes`: SHA-1 over a header and the content. */
export function streamingGitBlobId(sizeBytes: number): StreamingHash {
  return ending(sha1.create().update(encodeUtf8(`blob ${sizeBytes}\0`)))
}

interface Hasher {
  update(bytes: Uint8Array): unknown
  digest(): Uint8Array
}

function ending(hasher: Hasher): StreamingHash {
  return {
    update: (bytes) => void hasher.update(bytes),
    hex: () => hexOf(hasher.digest()),
  }
}
