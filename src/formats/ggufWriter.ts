// Writes GGUF version 3, as far as an adapter needs it: strings, float32 numbers and float32 tensors.
// Format: ggml docs/gguf.md; the reader in gguf.ts is our specification, llama.cpp's the one that counts.
import { bytesOf, concatBytes, encodeUtf8, uint64Bytes } from '../base/bytes'

export type GgufPair =
  | { readonly key: string; readonly kind: 'string'; readonly value: string }
  | { readonly key: string; readonly kind: 'float32'; readonly value: number }

export interface GgufTensorToWrite {
  readonly name: string
  /** Slowest first. */
  readonly shape: readonly number[]
  readonly data: Float32Array
}

const MAGIC = 'GGUF'
const VERSION = 3
const ALIGNMENT = 32
const kinds = { float32: 6, string: 8 } as const
const FLOAT32_TENSOR = 0

/** Equal pairs and tensors give equal bytes. */
export function serializeGguf(
  pairs: readonly GgufPair[],
  tensors: readonly GgufTensorToWrite[],
): Uint8Array<ArrayBuffer> {
  const parts = [encodeUtf8(MAGIC), uint32(VERSION), uint64Bytes(tensors.length), uint64Bytes(pairs.length)]
  for (const pair of pairs) parts.push(string(pair.key), uint32(kinds[pair.kind]), valueOf(pair))
  let offset = 0
  for (const { name, shape, data } of tensors) {
    // The format has the fastest dimension first.
    const dimensions = shape.toReversed().map((length) => uint64Bytes(length))
    parts.push(string(name), uint32(shape.length), ...dimensions, uint32(FLOAT32_TENSOR), uint64Bytes(offset))
    offset += aligned(data.byteLength)
  }
  const headBytes = parts.reduce((sum, part) => sum + part.byteLength, 0)
  const file = new Uint8Array(aligned(headBytes) + offset)
  file.set(concatBytes(parts))
  let at = aligned(headBytes)
  for (const { data } of tensors) {
    file.set(bytesOf(data), at)
    at += aligned(data.byteLength)
  }
  return file
}

function valueOf(pair: GgufPair): Uint8Array {
  return pair.kind === 'string' ? string(pair.value) : float32(pair.value)
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT
}

function string(text: string): Uint8Array {
  const bytes = encodeUtf8(text)
  return concatBytes([uint64Bytes(bytes.byteLength), bytes])
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value, true)
  return bytes
}

function float32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setFloat32(0, value, true)
  return bytes
}
