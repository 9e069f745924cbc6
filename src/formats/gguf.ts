// GGUF: read strictly by ranges.
//
//   4 bytes   "GGUF"
//   u32       version, 2 or 3
//   u64 u64   number of tensors, number of key-value pairs
//   pairs     key: string, type: u32, value; a string is a u64 length and its UTF-8 bytes
//   tensors   name: string, dimensions: u32, each u64 (fastest first), type: u32, offset: u64
//   the rest  tensor bytes, each tensor at a multiple of general.alignment, without holes or overlaps
//
// Every length is compared with what the file has left before anything is allocated. Values are little-endian.
// https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
import { AppError, type ErrorCode } from '../base/errors'
import { foreignFormatError, RECOGNITION_BYTES, recognizeFormat } from '../base/fileFormat'
import type { FileSource } from './fileSource'
import { blockValuesOf, dequantizeGgml, ggmlBytes, ggmlType, splitQ8_0, type GgmlType } from './ggml'

export type GgufScalar = number | boolean | string
export type GgufValue = GgufScalar | readonly GgufScalar[]

export interface GgufEntry {
  readonly name: string
  readonly type: GgmlType
  /** Slowest first, as everywhere in this repository: a matrix is [rows, columns]. */
  readonly shape: readonly number[]
  readonly offset: number
  readonly sizeBytes: number
}

export interface GgufHeader {
  readonly metadata: ReadonlyMap<string, GgufValue>
  readonly tensors: ReadonlyMap<string, GgufEntry>
}

const MAGIC = 0x46554747 // "GGUF", little-endian
const MAX_HEADER_BYTES = 64 * 1024 * 1024
const FIRST_READ_BYTES = 256 * 1024
const MAX_TENSORS = 65_536
const MAX_PAIRS = 10_000
const MAX_KEY_BYTES = 256
const MAX_STRING_BYTES = 1024 * 1024
const MAX_TENSOR_NAME_BYTES = 63
const MAX_DIMENSIONS = 4
/** Of a tensor: at four bytes each, the most of any type, their size is still a safe integer. */
const MAX_VALUES = Number.MAX_SAFE_INTEGER / 4
const MAX_ARRAY = 1_048_576
/** Only vocabularies are long. */
const MAX_OTHER_ARRAY = 65_536
/** Of all arrays together: four times those of Llama 3's vocabulary. As many strings are read in half a second. */
const MAX_ELEMENTS = 2 * MAX_ARRAY
const DEFAULT_ALIGNMENT = 32
const MAX_ALIGNMENT = 65_536
/** The least bytes a tensor's entry or a pair can take: a number of them that the file cannot hold is refused. */
const LEAST_TENSOR_BYTES = 8 + 4 + 4 + 8
const LEAST_PAIR_BYTES = 8 + 4 + 1

/**
 * Reads and checks everything before the data.
 *
 * @throws AppError `gguf/*`, or `file/*` when it is another format or cannot be read.
 */
export async function readGgufHeader(source: FileSource): Promise<GgufHeader> {
  // Reading is one pass over the first bytes. Where the header goes on beyond them, four times as many are read and the
  // pass starts again: a third more work than knowing the length, which the format does not tell.
  for (let readBytes = FIRST_READ_BYTES; ; readBytes *= 4) {
    const length = Math.min(readBytes, source.sizeBytes, MAX_HEADER_BYTES)
    try {
      return new HeaderReader(await source.read(0, length), source).read()
    } catch (thrown) {
      if (!(thrown instanceof BeyondRead)) throw thrown
      if (length === MAX_HEADER_BYTES) {
        throw broken('gguf/header-too-large', source.name, `a header over ${MAX_HEADER_BYTES} bytes`)
      }
    }
  }
}

/** The values of a tensor. @throws AppError `file/not-readable` when the source fails. */
export async function readGgufTensor(source: FileSource, entry: GgufEntry): Promise<Float32Array> {
  return dequantizeGgml(entry.type, await source.read(entry.offset, entry.sizeBytes))
}

/** The two planes of a Q8_0 tensor as they are stored, or null for any other type. */
export async function readGgufBlocks(
  source: FileSource,
  entry: GgufEntry,
): Promise<{ values: Int8Array; scales: Uint16Array } | null> {
  return entry.type === 'Q8_0' ? splitQ8_0(await source.read(entry.offset, entry.sizeBytes)) : null
}

/** The header is longer than the bytes read so far, and the file has more. */
class BeyondRead extends Error {
  override readonly name = 'BeyondRead'
}

const valueTypes = [
  'u8',
  'i8',
  'u16',
  'i16',
  'u32',
  'i32',
  'f32',
  'bool',
  'string',
  'array',
  'u64',
  'i64',
  'f64',
] as const
type ValueType = (typeof valueTypes)[number]

const leastBytes: Readonly<Record<ValueType, number>> = {
  u8: 1,
  i8: 1,
  u16: 2,
  i16: 2,
  u32: 4,
  i32: 4,
  f32: 4,
  bool: 1,
  string: 8,
  array: 12,
  u64: 8,
  i64: 8,
  f64: 8,
}

class HeaderReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #source: FileSource
  /** One for all strings: making one takes longer than decoding a token. */
  readonly #utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  #at = 0
  #elements = 0

  constructor(bytes: Uint8Array, source: FileSource) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#source = source
  }

  read(): GgufHeader {
    const { tensorCount, pairCount } = this.#readStart()
    const { metadata, alignment } = this.#readMetadata(pairCount)
    return { metadata, tensors: this.#readTensors(tensorCount, alignment) }
  }

  #readStart(): { tensorCount: number; pairCount: number } {
    const { name, sizeBytes } = this.#source
    if (sizeBytes < 4 || this.#view.getUint32(0, true) !== MAGIC) {
      const format = recognizeFormat(this.#bytes.subarray(0, RECOGNITION_BYTES))
      if (format !== undefined) throw foreignFormatError(name, format)
      throw sizeBytes < 24
        ? this.#error('gguf/truncated', `${sizeBytes} bytes; expected at least 24`)
        : this.#error('gguf/header-invalid', 'it does not begin with GGUF')
    }
    this.#at = 4
    const version = this.#u32()
    if (version === 2 ** 24 * 2 || version === 2 ** 24 * 3) {
      throw this.#error('gguf/unsupported', 'big-endian numbers', { what: 'big-endian numbers' })
    }
    if (version !== 2 && version !== 3) {
      throw this.#error('gguf/unsupported', `version ${version}`, { what: `version ${version}` })
    }
    const tensorCount = this.#size('the number of tensors')
    const pairCount = this.#size('the number of pairs')
    if (tensorCount > MAX_TENSORS) throw this.#error('gguf/header-invalid', `${tensorCount} tensors`)
    if (pairCount > MAX_PAIRS) throw this.#error('gguf/header-invalid', `${pairCount} key-value pairs`)
    this.#expectInFile(tensorCount * LEAST_TENSOR_BYTES + pairCount * LEAST_PAIR_BYTES, 'its tensors and pairs')
    return { tensorCount, pairCount }
  }

  #readMetadata(count: number): { metadata: Map<string, GgufValue>; alignment: number } {
    const metadata = new Map<string, GgufValue>()
    let alignment = DEFAULT_ALIGNMENT
    for (let index = 0; index < count; index++) {
      const key = this.#string(MAX_KEY_BYTES, 'a key')
      if (key === '') throw this.#error('gguf/header-invalid', 'an empty key')
      if (metadata.has(key)) throw this.#error('gguf/header-invalid', `the key ${key} twice`)
      const type = this.#valueType()
      const value = type === 'array' ? this.#array(key) : this.#scalar(type)
      if (key === 'general.alignment') alignment = this.#alignment(type, value)
      metadata.set(key, value)
    }
    return { metadata, alignment }
  }

  #alignment(type: ValueType, value: GgufValue): number {
    const isPowerOfTwo = typeof value === 'number' && value > 0 && Number.isInteger(Math.log2(value))
    if (type === 'u32' && isPowerOfTwo && value <= MAX_ALIGNMENT) return value
    throw this.#error(
      'gguf/header-invalid',
      `general.alignment is ${type} ${String(value)}; expected a u32 power of two`,
    )
  }

  #readTensors(count: number, alignment: number): Map<string, GgufEntry> {
    const infos: Omit<GgufEntry, 'offset'>[] = []
    const offsets: number[] = []
    const names = new Set<string>()
    for (let index = 0; index < count; index++) {
      const name = this.#string(MAX_TENSOR_NAME_BYTES, 'the name of a tensor')
      if (names.has(name)) throw this.#error('gguf/header-invalid', `the tensor ${name} twice`)
      names.add(name)
      infos.push({ name, ...this.#layout(name) })
      offsets.push(this.#size(`the offset of ${name}`))
    }
    const dataStart = padded(this.#at, alignment)
    const tensors = new Map<string, GgufEntry>()
    let expected = 0
    for (const [index, info] of infos.entries()) {
      if (offsets[index] !== expected) {
        throw this.#error('gguf/bad-offsets', `${info.name} lies at ${offsets[index]}; expected ${expected}`)
      }
      const offset = dataStart + expected
      if (offset + info.sizeBytes > this.#source.sizeBytes) {
        throw this.#error(
          'gguf/truncated',
          `${info.name} ends at byte ${offset + info.sizeBytes} of ${this.#source.sizeBytes}`,
        )
      }
      tensors.set(info.name, { ...info, offset })
      expected += padded(info.sizeBytes, alignment)
    }
    return tensors
  }

  #layout(name: string): Pick<GgufEntry, 'shape' | 'type' | 'sizeBytes'> {
    const dimensions = this.#u32()
    if (dimensions > MAX_DIMENSIONS) throw this.#error('gguf/header-invalid', `${name} has ${dimensions} dimensions`)
    const fastestFirst = Array.from({ length: dimensions }, () => this.#size(`a dimension of ${name}`))
    const id = this.#u32()
    const type = ggmlType(id)
    if (type === undefined) {
      throw this.#error('gguf/unsupported', `${name} is stored as type ${id}`, { what: `tensors of type ${id}` })
    }
    const values = fastestFirst.reduce((product, dimension) => product * dimension, 1)
    const row = fastestFirst[0] ?? 1
    if (row % blockValuesOf(type) !== 0) {
      throw this.#error('gguf/header-invalid', `rows of ${row} values in ${name} are no whole blocks of ${type}`)
    }
    // A zero anywhere makes the product zero, but the other dimensions still have to be sane.
    const most = fastestFirst.reduce((product, dimension) => product * Math.max(dimension, 1), 1)
    if (most > MAX_VALUES) throw this.#error('gguf/header-invalid', `${name} has ${most} values`)
    return { shape: fastestFirst.reverse(), type, sizeBytes: ggmlBytes(type, values) }
  }

  #array(key: string): GgufValue {
    const type = this.#valueType()
    if (type === 'array') throw this.#error('gguf/header-invalid', `${key} is an array of arrays`)
    const count = this.#size(`the length of ${key}`)
    const most = key.startsWith('tokenizer.') ? MAX_ARRAY : MAX_OTHER_ARRAY
    if (count > most) throw this.#error('gguf/header-invalid', `${key} has ${count} elements, over ${most}`)
    this.#expectRead(count * leastBytes[type], key)
    this.#elements += count
    if (this.#elements > MAX_ELEMENTS) {
      throw this.#error('gguf/header-invalid', `arrays of more than ${MAX_ELEMENTS} elements together`)
    }
    const values: GgufScalar[] = []
    for (let index = 0; index < count; index++) values.push(this.#scalar(type))
    return values
  }

  #scalar(type: Exclude<ValueType, 'array'>): GgufScalar {
    switch (type) {
      case 'u8':
        return this.#view.getUint8(this.#take(1))
      case 'i8':
        return this.#view.getInt8(this.#take(1))
      case 'u16':
        return this.#view.getUint16(this.#take(2), true)
      case 'i16':
        return this.#view.getInt16(this.#take(2), true)
      case 'u32':
        return this.#u32()
      case 'i32':
        return this.#view.getInt32(this.#take(4), true)
      case 'f32':
        return this.#view.getFloat32(this.#take(4), true)
      case 'f64':
        return this.#view.getFloat64(this.#take(8), true)
      // Beyond 2^53 they are rounded: no number we use is as large, and none is taken without a limit.
      case 'u64':
        return Number(this.#view.getBigUint64(this.#take(8), true))
      case 'i64':
        return Number(this.#view.getBigInt64(this.#take(8), true))
      case 'string':
        return this.#string(MAX_STRING_BYTES, 'a value')
      case 'bool': {
        const value = this.#view.getUint8(this.#take(1))
        if (value > 1) throw this.#error('gguf/header-invalid', `a boolean is ${value}`)
        return value === 1
      }
    }
  }

  #valueType(): ValueType {
    const id = this.#u32()
    const type = valueTypes[id]
    if (type === undefined) throw this.#error('gguf/header-invalid', `a value of type ${id}`)
    return type
  }

  #string(most: number, what: string): string {
    const length = this.#size(`the length of ${what}`)
    this.#expectInFile(length, what)
    if (length > most) throw this.#error('gguf/header-invalid', `${what} has ${length} bytes, over ${most}`)
    const start = this.#take(length)
    try {
      return this.#utf8.decode(this.#bytes.subarray(start, start + length))
    } catch (cause) {
      throw this.#error('gguf/header-invalid', `${what} is not UTF-8`, {}, cause)
    }
  }

  #u32(): number {
    return this.#view.getUint32(this.#take(4), true)
  }

  /** A u64 that counts something. */
  #size(what: string): number {
    const start = this.#take(8)
    // By halves, which takes a tenth of the time of a bigint: every string has such a length.
    const value = this.#view.getUint32(start, true) + 2 ** 32 * this.#view.getUint32(start + 4, true)
    if (!Number.isSafeInteger(value)) throw this.#error('gguf/header-invalid', `${what} is ${value}`)
    return value
  }

  /** Moves on by `length` bytes and gives where they start. */
  #take(length: number): number {
    const start = this.#at
    this.#expectInFile(length, 'its header')
    if (start + length > this.#bytes.byteLength) throw new BeyondRead()
    this.#at = start + length
    return start
  }

  /** Before many values: none of them is read where the last lies beyond the bytes read so far. */
  #expectRead(length: number, what: string): void {
    this.#expectInFile(length, what)
    if (this.#at + length > this.#bytes.byteLength) throw new BeyondRead()
  }

  #expectInFile(length: number, what: string): void {
    if (this.#at + length <= this.#source.sizeBytes) return
    throw this.#error('gguf/truncated', `${what} needs ${length} bytes at byte ${this.#at}, beyond the end of the file`)
  }

  #error(code: ErrorCode, message: string, details: Record<string, string> = {}, cause?: unknown): AppError {
    return broken(code, this.#source.name, `${message} (byte ${this.#at})`, details, cause)
  }
}

function padded(bytes: number, alignment: number): number {
  return Math.ceil(bytes / alignment) * alignment
}

function broken(
  code: ErrorCode,
  name: string,
  message: string,
  details: Record<string, string> = {},
  cause?: unknown,
): AppError {
  return new AppError(code, { message: `${name}: ${message.slice(0, 300)}`, details: { name, ...details }, cause })
}
