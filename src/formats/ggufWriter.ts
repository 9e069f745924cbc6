// Writes GGUF version 3: the pairs and kinds of tensors that an adapter or a model needs. A model's tensors follow the
// head one by one, so that it never lies in memory as a whole.
// Format: ggml docs/gguf.md; the reader in gguf.ts is our specification, llama.cpp's the one that counts.
import { bytesOf, concatBytes, encodeUtf8, uint64Bytes } from '../base/bytes'
import { ggmlBytes, ggmlId } from './ggml'
import type { GgufEntry } from './gguf'

export type GgufPair = { readonly key: string } & (
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'float32' | 'uint32'; readonly value: number }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'strings'; readonly value: readonly string[] }
  | { readonly kind: 'float32s' | 'int32s'; readonly value: readonly number[] }
)

export interface GgufTensorToWrite {
  readonly name: string
  /** Slowest first. */
  readonly shape: readonly number[]
  readonly data: Float32Array
}

/** What a head says of a tensor; the rows of `type` are whole blocks. */
export type GgufTensorInfo = Pick<GgufEntry, 'name' | 'shape' | 'type'>

export interface GgufHead {
  /** Everything before the tensors, up to where the first one lies. */
  readonly bytes: Uint8Array<ArrayBuffer>
  /** In the order given, with the places in the file where their bytes belong. */
  readonly tensors: readonly GgufEntry[]
  /** Of the whole file: the last tensor is filled up too. */
  readonly fileBytes: number
}

const MAGIC = 'GGUF'
const VERSION = 3
const ALIGNMENT = 32
const ids = { uint32: 4, int32: 5, float32: 6, bool: 7, string: 8, array: 9 } as const

/** Equal pairs and tensors give equal bytes. */
export function ggufHead(pairs: readonly GgufPair[], tensors: readonly GgufTensorInfo[]): GgufHead {
  const parts = [encodeUtf8(MAGIC), uint32(VERSION), uint64Bytes(tensors.length), uint64Bytes(pairs.length)]
  for (const pair of pairs) {
    parts.push(string(pair.key))
    // One by one: a vocabulary has more parts than a call may have arguments.
    for (const part of valueOf(pair)) parts.push(part)
  }
  const sizes = tensors.map(({ shape, type }) =>
    ggmlBytes(
      type,
      shape.reduce((product, length) => product * length, 1),
    ),
  )
  const offsets: number[] = []
  let dataBytes = 0
  for (const [index, { name, shape, type }] of tensors.entries()) {
    // The format has the fastest dimension first.
    const dimensions = shape.toReversed().map((length) => uint64Bytes(length))
    parts.push(string(name), uint32(shape.length), ...dimensions, uint32(ggmlId(type)), uint64Bytes(dataBytes))
    offsets.push(dataBytes)
    dataBytes += aligned(sizes[index] ?? 0)
  }
  const head = concatBytes(parts)
  const bytes = new Uint8Array(aligned(head.byteLength))
  bytes.set(head)
  return {
    bytes,
    tensors: tensors.map((tensor, index) => ({
      ...tensor,
      offset: bytes.byteLength + (offsets[index] ?? 0),
      sizeBytes: sizes[index] ?? 0,
    })),
    fileBytes: bytes.byteLength + dataBytes,
  }
}

/** A small file in one piece, its tensors in float32. */
export function serializeGguf(
  pairs: readonly GgufPair[],
  tensors: readonly GgufTensorToWrite[],
): Uint8Array<ArrayBuffer> {
  const head = ggufHead(
    pairs,
    tensors.map(({ name, shape }) => ({ name, shape, type: 'F32' })),
  )
  const file = new Uint8Array(head.fileBytes)
  file.set(head.bytes)
  for (const [index, { data }] of tensors.entries()) file.set(bytesOf(data), head.tensors[index]?.offset)
  return file
}

/** Bytes between the end of a tensor of that size and the next. */
export function ggufPadding(sizeBytes: number): number {
  return aligned(sizeBytes) - sizeBytes
}

/** The kind of a pair's value, and the value. */
function valueOf(pair: GgufPair): Uint8Array[] {
  switch (pair.kind) {
    case 'string':
      return [uint32(ids.string), string(pair.value)]
    case 'bool':
      return [uint32(ids.bool), Uint8Array.of(pair.value ? 1 : 0)]
    case 'uint32':
      return [uint32(ids.uint32), uint32(pair.value)]
    case 'float32':
      return [uint32(ids.float32), bytesOf(Float32Array.of(pair.value))]
    case 'strings':
      return [...arrayHead(ids.string, pair.value), ...pair.value.map(string)]
    case 'float32s':
      return [...arrayHead(ids.float32, pair.value), bytesOf(Float32Array.from(pair.value))]
    case 'int32s':
      return [...arrayHead(ids.int32, pair.value), bytesOf(Int32Array.from(pair.value))]
  }
}

function arrayHead(id: number, { length }: readonly unknown[]): Uint8Array[] {
  return [uint32(ids.array), uint32(id), uint64Bytes(length)]
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT
}

function string(text: string): Uint8Array {
  const bytes = encodeUtf8(text)
  return concatBytes([uint64Bytes(bytes.byteLength), bytes])
}

function uint32(value: number): Uint8Array {
  return bytesOf(Uint32Array.of(value))
}
