// safetensors: read strictly by ranges, written so that every reader accepts it.
//
//   8 bytes   N, unsigned little-endian
//   N bytes   JSON: { "<name>": { "dtype": "F32", "shape": [2, 3], "data_offsets": [begin, end] }, … }
//             and perhaps "__metadata__": { "<key>": "<string>" }
//   the rest  tensor bytes, C order, little-endian, without holes, overlaps or a tail
//
// Nothing is allocated before its size was compared with the file's. The data may still hold NaN.
// https://github.com/huggingface/safetensors
import { assert } from '../base/assert'
import {
  bytesOf,
  concatBytes,
  decodeUtf8,
  encodeUtf8,
  float32View,
  readUint64,
  uint16View,
  uint64Bytes,
} from '../base/bytes'
import { AppError, type ErrorCode } from '../base/errors'
import { foreignFormatError, RECOGNITION_BYTES, recognizeFormat } from '../base/fileFormat'
import { bfloat16sToFloats, halvesToFloats } from '../base/float16'
import type { FileSource } from './fileSource'
import { parseStrictJson, type StrictJson, StrictJsonError } from './strictJson'

/** Reading 16 MiB of header takes about 0.8 s; real models of 1,000 tensors need 0.1 MiB. */
export const MAX_HEADER_BYTES = 16 * 1024 * 1024
const MAX_TENSORS = 65_536
const MAX_NAME_BYTES = 512
const MAX_DIMENSIONS = 8
const MAX_METADATA_ENTRIES = 1024
const MAX_METADATA_BYTES = 1024 * 1024
/** The header is three levels deep: file, tensor, shape. */
const MAX_DEPTH = 8

const bytesPerElement = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
} as const

export type SafetensorsDType = keyof typeof bytesPerElement

export interface SafetensorsEntry {
  readonly name: string
  readonly dtype: SafetensorsDType
  readonly shape: readonly number[]
  /** Where its bytes stand in the file. */
  readonly offset: number
  readonly sizeBytes: number
}

export interface SafetensorsHeader {
  /** In the order of their bytes. */
  readonly tensors: ReadonlyMap<string, SafetensorsEntry>
  readonly metadata: ReadonlyMap<string, string>
}

export interface SafetensorsTensor {
  readonly dtype: SafetensorsDType
  readonly shape: readonly number[]
  readonly bytes: Uint8Array
}

export interface NamedTensor extends SafetensorsTensor {
  readonly name: string
}

/**
 * Reads and checks the header. No tensor is read.
 *
 * @throws AppError `safetensors/*` for a damaged file, `file/pickle` or `file/not-readable` for another format.
 */
export async function readSafetensorsHeader(source: FileSource): Promise<SafetensorsHeader> {
  const { name, sizeBytes } = source
  const headerBytes = sizeBytes >= 8 ? readUint64(await source.read(0, 8), 0) : Number.POSITIVE_INFINITY
  if (headerBytes > MAX_HEADER_BYTES || headerBytes > sizeBytes - 8) {
    const head = await source.read(0, Math.min(sizeBytes, RECOGNITION_BYTES))
    const format = recognizeFormat(head)
    if (format !== undefined) throw foreignFormatError(name, format)
    if (sizeBytes < 8) throw broken('safetensors/truncated', name, `${sizeBytes} bytes; expected at least 8`)
    if (headerBytes > MAX_HEADER_BYTES) {
      throw broken('safetensors/header-too-large', name, `a header of ${headerBytes} bytes, over ${MAX_HEADER_BYTES}`)
    }
    throw broken('safetensors/truncated', name, `a header of ${headerBytes} bytes in a file of ${sizeBytes}`)
  }
  const root = parseHeader(await source.read(8, headerBytes), name)
  const metadata = readMetadata(root.get('__metadata__'), name)
  root.delete('__metadata__')
  return { tensors: readEntries(root, { name, start: 8 + headerBytes, sizeBytes }), metadata }
}

/** @throws AppError `file/not-readable` when the source fails or has no such tensor. */
export async function readTensor(
  source: FileSource,
  header: SafetensorsHeader,
  name: string,
): Promise<SafetensorsTensor> {
  const entry = header.tensors.get(name)
  if (entry === undefined) {
    throw new AppError('file/not-readable', {
      message: `${source.name} has no tensor ${name}`,
      details: { name: source.name, tensor: name },
    })
  }
  return { dtype: entry.dtype, shape: entry.shape, bytes: await source.read(entry.offset, entry.sizeBytes) }
}

/**
 * The values of an F32, F16 or BF16 tensor.
 *
 * @throws AppError `safetensors/unsupported-dtype` for any other dtype.
 */
export function toFloat32({ dtype, bytes }: SafetensorsTensor): Float32Array {
  switch (dtype) {
    case 'F32':
      return float32View(bytes)
    case 'F16':
      return halvesToFloats(uint16View(bytes))
    case 'BF16':
      return bfloat16sToFloats(uint16View(bytes))
    default:
      throw new AppError('safetensors/unsupported-dtype', {
        message: `a tensor of ${dtype}; supported weights: F32, F16, BF16`,
        details: { dtype },
      })
  }
}

/** A float32 tensor to serialize. */
export function float32Tensor(name: string, shape: readonly number[], data: Float32Array): NamedTensor {
  return { name, dtype: 'F32', shape, bytes: bytesOf(data) }
}

/** What a head says of a tensor. */
export type TensorEntry = Pick<NamedTensor, 'name' | 'dtype' | 'shape'>

/**
 * The start of a file, and the order in which the tensors follow it: by falling element size, then by name, as the
 * reference writer does, so that each stays aligned; the header is padded with spaces to a multiple of 8.
 */
export function safetensorsHead<Entry extends TensorEntry>(
  tensors: readonly Entry[],
  metadata: Readonly<Record<string, string>> = {},
): { readonly head: Uint8Array<ArrayBuffer>; readonly ordered: readonly Entry[] } {
  const ordered = [...tensors].sort(
    (a, b) => bytesPerElement[b.dtype] - bytesPerElement[a.dtype] || (a.name < b.name ? -1 : 1),
  )
  const root = new Map<string, unknown>()
  const metadataKeys = Object.keys(metadata).sort()
  if (metadataKeys.length > 0) {
    root.set('__metadata__', Object.fromEntries(metadataKeys.map((key) => [key, metadata[key]])))
  }
  let end = 0
  for (const { name, dtype, shape } of ordered) {
    assert(name !== '__metadata__' && !root.has(name), `the tensor name ${name} is taken`)
    const size = tensorBytes({ dtype, shape })
    root.set(name, { dtype, shape, data_offsets: [end, end + size] })
    end += size
  }
  // Joined by hand: an object would move keys that look like integers to the front.
  const entries = [...root].map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`)
  const header = encodeUtf8(`{${entries.join(',')}}`)
  const padding = new Uint8Array((8 - (header.byteLength % 8)) % 8).fill(0x20)
  const length = header.byteLength + padding.byteLength
  assert(length <= MAX_HEADER_BYTES, `a header of ${length} bytes is too large to read back`)
  return { head: concatBytes([uint64Bytes(length), header, padding]), ordered }
}

/** The whole file. */
export function serializeSafetensors(
  tensors: readonly NamedTensor[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const { head, ordered } = safetensorsHead(tensors, metadata)
  for (const { name, dtype, shape, bytes } of ordered) {
    const size = tensorBytes({ dtype, shape })
    assert(bytes.byteLength === size, `${name} has ${bytes.byteLength} bytes, its shape says ${size}`)
  }
  return concatBytes([head, ...ordered.map((tensor) => tensor.bytes)])
}

/** Of its values, as they are stored. */
export function tensorBytes({ dtype, shape }: Pick<TensorEntry, 'dtype' | 'shape'>): number {
  return shape.reduce((product, length) => product * length, bytesPerElement[dtype])
}

function parseHeader(bytes: Uint8Array, file: string): Map<string, StrictJson> {
  let root: StrictJson
  try {
    root = parseStrictJson(decodeUtf8(bytes), { maxDepth: MAX_DEPTH, integersOnly: true })
  } catch (cause) {
    const isDuplicateTensor = cause instanceof StrictJsonError && cause.kind === 'duplicate-key' && cause.depth === 1
    const code = isDuplicateTensor ? 'safetensors/duplicate-name' : 'safetensors/header-invalid'
    const message = cause instanceof StrictJsonError ? cause.message : 'a header that is not UTF-8'
    throw broken(code, file, message, cause)
  }
  if (!(root instanceof Map)) throw broken('safetensors/header-invalid', file, 'a header that is no JSON object')
  return root
}

function readMetadata(value: StrictJson | undefined, file: string): Map<string, string> {
  const metadata = new Map<string, string>()
  if (value === undefined) return metadata
  if (!(value instanceof Map)) throw broken('safetensors/header-invalid', file, '__metadata__ that is no object')
  if (value.size > MAX_METADATA_ENTRIES) {
    throw broken('safetensors/header-invalid', file, `${value.size} metadata entries, over ${MAX_METADATA_ENTRIES}`)
  }
  let total = 0
  for (const [key, entry] of value) {
    if (typeof entry !== 'string') throw broken('safetensors/header-invalid', file, `metadata ${key} is no string`)
    total += key.length + entry.length
    if (total > MAX_METADATA_BYTES) throw broken('safetensors/header-invalid', file, 'more than 1 MiB of metadata')
    metadata.set(key, entry)
  }
  return metadata
}

function readEntries(
  root: ReadonlyMap<string, StrictJson>,
  { name: file, start, sizeBytes }: { name: string; start: number; sizeBytes: number },
): Map<string, SafetensorsEntry> {
  if (root.size > MAX_TENSORS) {
    throw broken('safetensors/header-invalid', file, `${root.size} tensors, over ${MAX_TENSORS}`)
  }
  const entries = [...root].map(([name, value]) => readEntry(name, value, { file, start }))
  entries.sort((a, b) => a.offset - b.offset || a.sizeBytes - b.sizeBytes)
  let expected = start
  for (const { name, offset, sizeBytes: size } of entries) {
    if (offset !== expected) {
      const what = offset > expected ? 'a hole before' : 'an overlap at'
      throw broken('safetensors/bad-offsets', file, `${what} ${name}: byte ${offset}, expected ${expected}`)
    }
    expected = offset + size
  }
  if (expected > sizeBytes) {
    throw broken('safetensors/truncated', file, `tensors up to byte ${expected} in a file of ${sizeBytes}`)
  }
  // Bytes no tensor owns can hide a second file.
  if (expected < sizeBytes) {
    throw broken('safetensors/bad-offsets', file, `${sizeBytes - expected} bytes after the last tensor`)
  }
  return new Map(entries.map((entry) => [entry.name, entry]))
}

function readEntry(
  name: string,
  value: StrictJson,
  { file, start }: { file: string; start: number },
): SafetensorsEntry {
  const shown = name.slice(0, 80)
  const invalid = (message: string): AppError => broken('safetensors/header-invalid', file, `${shown} has ${message}`)
  if (encodeUtf8(name).byteLength > MAX_NAME_BYTES) throw invalid(`a name over ${MAX_NAME_BYTES} bytes`)
  if (!(value instanceof Map)) throw invalid('no object')
  const dtype = value.get('dtype')
  if (typeof dtype !== 'string') throw invalid('no dtype')
  if (!isKnownDType(dtype)) {
    throw broken('safetensors/unsupported-dtype', file, `${shown} has the dtype ${dtype.slice(0, 40)}`)
  }
  const shape = value.get('shape')
  if (!isCounts(shape) || shape.length > MAX_DIMENSIONS) throw invalid(`no shape of at most ${MAX_DIMENSIONS} counts`)
  // A zero anywhere makes the product zero, but the other lengths still have to be sane.
  const size = shape.reduce((product, length) => product * Math.max(length, 1), bytesPerElement[dtype])
  if (!Number.isSafeInteger(size)) throw invalid('a shape of more than 2^53 bytes')
  const offsets = value.get('data_offsets')
  if (!isCounts(offsets) || offsets.length !== 2) throw invalid('no pair of data_offsets')
  const [begin = 0, end = 0] = offsets
  const expected = shape.includes(0) ? 0 : size
  if (end - begin !== expected) {
    throw broken('safetensors/bad-offsets', file, `${shown} has ${end - begin} bytes; its shape needs ${expected}`)
  }
  return { name, dtype, shape, offset: start + begin, sizeBytes: expected }
}

function isKnownDType(dtype: string): dtype is SafetensorsDType {
  return Object.hasOwn(bytesPerElement, dtype)
}

function isCounts(value: StrictJson | undefined): value is number[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'number' && item >= 0)
}

function broken(code: ErrorCode, file: string, message: string, cause?: unknown): AppError {
  return new AppError(code, { message: `${file}: ${message}`, details: { name: file }, cause })
}
