// The storage formats of ggml: how each packs its values into blocks, and what they stand for as floats.
//
// d is a block's scale in half precision, m its minimum; K formats have blocks of 256 whose eight or sixteen
// parts have scales of their own, stored in few bits. Products are rounded to float32 where ggml rounds them.
// Source: ggml/src/ggml-quants.c and gguf-py/gguf/quants.py.
import { assert } from '../base/assert'
import { bfloat16sToFloats, halfToFloat, halvesToFloats } from '../base/float16'
import { float32View, uint16View } from '../base/bytes'

export type GgmlType = 'F32' | 'F16' | 'BF16' | 'Q8_0' | 'Q4_0' | 'Q4_1' | 'Q5_0' | 'Q5_1' | 'Q4_K' | 'Q5_K' | 'Q6_K'

interface Format {
  readonly id: number
  /** Values in a block, and the bytes they take. */
  readonly blockValues: number
  readonly blockBytes: number
  /** Writes one block's values. */
  readonly unpack: (bytes: Uint8Array, at: number, values: Float32Array, start: number) => void
}

type BlockFormat = Exclude<GgmlType, 'F32' | 'F16' | 'BF16'>

const { fround } = Math

const blockFormats: Readonly<Record<BlockFormat, Format>> = {
  Q4_0: { id: 2, blockValues: 32, blockBytes: 18, unpack: unpackQ4_0 },
  Q4_1: { id: 3, blockValues: 32, blockBytes: 20, unpack: unpackQ4_1 },
  Q5_0: { id: 6, blockValues: 32, blockBytes: 22, unpack: unpackQ5_0 },
  Q5_1: { id: 7, blockValues: 32, blockBytes: 24, unpack: unpackQ5_1 },
  Q8_0: { id: 8, blockValues: 32, blockBytes: 34, unpack: unpackQ8_0 },
  Q4_K: { id: 12, blockValues: 256, blockBytes: 144, unpack: unpackQ4_K },
  Q5_K: { id: 13, blockValues: 256, blockBytes: 176, unpack: unpackQ5_K },
  Q6_K: { id: 14, blockValues: 256, blockBytes: 210, unpack: unpackQ6_K },
}

const sizes: Readonly<Record<GgmlType, Pick<Format, 'id' | 'blockValues' | 'blockBytes'>>> = {
  F32: { id: 0, blockValues: 1, blockBytes: 4 },
  F16: { id: 1, blockValues: 1, blockBytes: 2 },
  BF16: { id: 30, blockValues: 1, blockBytes: 2 },
  ...blockFormats,
}

const typesById: ReadonlyMap<number, GgmlType> = new Map(
  Object.entries(sizes).map(([name, { id }]) => [id, name as GgmlType]), // the keys of `sizes` are its type's
)

/** The format with that number in a GGUF file, or undefined where we do not read it. */
export function ggmlType(id: number): GgmlType | undefined {
  return typesById.get(id)
}

/** Its number in a GGUF file. */
export function ggmlId(type: GgmlType): number {
  return sizes[type].id
}

/** Values that stand together: rows are whole numbers of them. */
export function blockValuesOf(type: GgmlType): number {
  return sizes[type].blockValues
}

export function ggmlBytes(type: GgmlType, values: number): number {
  const { blockValues, blockBytes } = sizes[type]
  return (values / blockValues) * blockBytes
}

/** The float32 values that `bytes` hold. */
export function dequantizeGgml(type: GgmlType, bytes: Uint8Array): Float32Array {
  switch (type) {
    case 'F32':
      return float32View(bytes)
    case 'F16':
      return halvesToFloats(uint16View(bytes))
    case 'BF16':
      return bfloat16sToFloats(uint16View(bytes))
    default: {
      const { blockValues, blockBytes, unpack } = blockFormats[type]
      const blocks = bytes.byteLength / blockBytes
      assert(Number.isInteger(blocks), `${bytes.byteLength} bytes are no whole blocks of ${type}`)
      const values = new Float32Array(blocks * blockValues)
      for (let block = 0; block < blocks; block++) unpack(bytes, block * blockBytes, values, block * blockValues)
      return values
    }
  }
}

/** The two planes of Q8_0, bit by bit: values [count], and one half-precision scale for every 32 of them. */
export function splitQ8_0(bytes: Uint8Array): { values: Int8Array; scales: Uint16Array } {
  const { blockBytes } = blockFormats.Q8_0
  const blocks = bytes.byteLength / blockBytes
  assert(Number.isInteger(blocks), `${bytes.byteLength} bytes are no whole blocks of Q8_0`)
  const values = new Int8Array(blocks * 32)
  const scales = new Uint16Array(blocks)
  const signed = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let block = 0; block < blocks; block++) {
    const at = block * blockBytes
    scales[block] = bytes[at]! | (bytes[at + 1]! << 8)
    values.set(signed.subarray(at + 2, at + blockBytes), block * 32)
  }
  return { values, scales }
}

/** The inverse: blocks of a half-precision scale and 32 values. values [32 n], scales [n]. */
export function joinQ8_0({ values, scales }: { values: Int8Array; scales: Uint16Array }): Uint8Array<ArrayBuffer> {
  const { blockBytes } = blockFormats.Q8_0
  assert(values.length === 32 * scales.length, `${values.length} values with ${scales.length} scales`)
  const bytes = new Uint8Array(scales.length * blockBytes)
  const signed = new Int8Array(bytes.buffer)
  for (let block = 0; block < scales.length; block++) {
    const at = block * blockBytes
    bytes[at] = scales[block]! & 0xff
    bytes[at + 1] = scales[block]! >> 8
    signed.set(values.subarray(block * 32, (block + 1) * 32), at + 2)
  }
  return bytes
}

function half(bytes: Uint8Array, at: number): number {
  return halfToFloat(bytes[at]! | (bytes[at + 1]! << 8))
}

/** d [2], 16 bytes of two values each: the low nibbles are the first 16 values. value = d * (q - 8) */
function unpackQ4_0(bytes: Uint8Array, at: number, values: Float32Array, start: number): void {
  const d = half(bytes, at)
  for (let i = 0; i < 16; i++) {
    const pair = bytes[at + 2 + i]!
    values[start + i] = d * ((pair & 15) - 8)
    values[start + 16 + i] = d * ((pair >> 4) - 8)
  }
}

/** d [2], m [2], nibbles as above. value = d * q + m */
function unpackQ4_1(bytes: Uint8Array, at: number, values: Float32Array, start: number): void {
  const d = half(bytes, at)
  const m = half(bytes, at + 2)
  for (let i = 0; i < 16; i++) {
    const pair = bytes[at + 4 + i]!
    values[start + i] = fround(d * (pair & 15)) + m
    values[start + 16 + i] = fround(d * (pair >> 4)) + m
  }
}

/** d [2], the fifth bits of the 32 values [4], nibbles. value = d * (q - 16) */
function unpackQ5_0(bytes: Uint8Array, at: number, values: Float32Array, start: number): void {
  const d = half(bytes, at)
  for (let i = 0; i < 16; i++) {
    const pair = bytes[at + 6 + i]!
    values[start + i] = d * (((pair & 15) | fifthBit(bytes, at + 2, i)) - 16)
    values[start + 16 + i] = d * (((pair >> 4) | fifthBit(bytes, at + 2, 16 + i)) - 16)
  }
}

/** d [2], m [2], the fifth bits [4], nibbles. value = d * q + m */
function unpackQ5_1(bytes: Uint8Array, at: number, values: Float32Array, start: number): void {
  const d = half(bytes, at)
  const m = half(bytes, at + 2)
  for (let i = 0; i < 16; i++) {
    const pair = bytes[at + 8 + i]!
    values[start + i] = fround(d * ((pair & 15) | fifthBit(bytes, at + 4, i))) + m
    values[start + 16 + i] = fround(d * ((pair >> 4) | fifthBit(bytes, at + 4, 16 + i))) + m
  }
}

function fifthBit(bytes: Uint8Array, at: number, index: number): number {
  return ((bytes[at + (index >> 3)]! >> (index & 7)) & 1) << 4
}

/** d [2], 32 signed bytes. value = d * q */
function unpackQ8_0(bytes: Uint8Array, at: number, values: Float32Array, start: number): void {
  const d = half(bytes, at)
  for (let i = 0; i < 32; i++) values[start + i] = d * ((bytes[at + 2 + i]! << 24) >> 24)
}

/** d [2], dmin [2], 6-bit scales and minima [12], nibbles [128]. value = d * scale * q - dmin * minimum */
function unpackQ4_K(bytes: Uint8Array, at: number, values: Float32Array, start: number): void {
  for (let part = 0; part < 8; part++) {
    const { scale, minimum } = partOfK(bytes, at, part)
    const from = at + 16 + 32 * (part >> 1)
    const shift = 4 * (part & 1)
    for (let i = 0; i < 32; i++) {
      const q = (bytes[from + i]! >> shift) & 15
      values[start + 32 * part + i] = fround(scale * q) - minimum
    }
  }
}

/** As Q4_K with the fifth bits [32] before the nibbles: bit `part` of byte i belongs to value i of that part. */
function unpackQ5_K(bytes: Uint8Array, at: number, values: Float32Array, start: number): void {
  for (let part = 0; part < 8; part++) {
    const { scale, minimum } = partOfK(bytes, at, part)
    const from = at + 48 + 32 * (part >> 1)
    const shift = 4 * (part & 1)
    for (let i = 0; i < 32; i++) {
      const q = ((bytes[from + i]! >> shift) & 15) | (((bytes[at + 16 + i]! >> part) & 1) << 4)
      values[start + 32 * part + i] = fround(scale * q) - minimum
    }
  }
}

/** Scale and minimum of one of eight parts: six bits each, the last four parts' high bits lie with the first's. */
function partOfK(bytes: Uint8Array, at: number, part: number): { scale: number; minimum: number } {
  const packed = (index: number) => bytes[at + 4 + index]!
  const [scale, minimum] =
    part < 4
      ? [packed(part) & 63, packed(part + 4) & 63]
      : [(packed(part + 4) & 15) | ((packed(part - 4) >> 6) << 4), (packed(part + 4) >> 4) | ((packed(part) >> 6) << 4)]
  return { scale: fround(half(bytes, at) * scale), minimum: fround(half(bytes, at + 2) * minimum) }
}

/** Low nibbles [128], high bits [64], signed scales of 16 values each [16], d [2]. value = d * scale * (q - 32) */
function unpackQ6_K(bytes: Uint8Array, at: number, values: Float32Array, start: number): void {
  const d = half(bytes, at + 208)
  for (let i = 0; i < 256; i++) {
    const group = i >> 7 // two groups of 128, each of four runs of 32
    const run = (i >> 5) & 3
    const low = bytes[at + 64 * group + 32 * (run & 1) + (i & 31)]!
    const nibble = run < 2 ? low & 15 : low >> 4
    const high = (bytes[at + 128 + 32 * group + (i & 31)]! >> (2 * run)) & 3
    const scale = (bytes[at + 192 + (i >> 4)]! << 24) >> 24
    values[start + i] = fround(d * scale) * ((nibble | (high << 4)) - 32)
  }
}
