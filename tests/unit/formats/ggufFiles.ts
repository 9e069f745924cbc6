// Builds GGUF files, right and wrong ones.
import { concatBytes, encodeUtf8 } from '../../../src/base/bytes'

const word = (bytes: number, write: (view: DataView) => void): Uint8Array => {
  const view = new DataView(new ArrayBuffer(bytes))
  write(view)
  return new Uint8Array(view.buffer)
}

export const u32 = (value: number): Uint8Array => word(4, (view) => view.setUint32(0, value, true))
export const i32 = (value: number): Uint8Array => word(4, (view) => view.setInt32(0, value, true))
export const f32 = (value: number): Uint8Array => word(4, (view) => view.setFloat32(0, value, true))
export const u64 = (value: number | bigint): Uint8Array =>
  word(8, (view) => view.setBigUint64(0, BigInt.asUintN(64, BigInt(value)), true))
export const text = (value: string | Uint8Array, length?: number | bigint): Uint8Array => {
  const bytes = typeof value === 'string' ? encodeUtf8(value) : value
  return concatBytes([u64(length ?? bytes.byteLength), bytes])
}

/** The numbers of the value types. */
export const kinds = { u8: 0, u32: 4, i32: 5, f32: 6, bool: 7, string: 8, array: 9, u64: 10 } as const

export const pair = (key: string | Uint8Array, kind: number, value: Uint8Array): Uint8Array =>
  concatBytes([text(key), u32(kind), value])
export const array = (kind: number, values: readonly Uint8Array[], count?: number | bigint): Uint8Array =>
  concatBytes([u32(kind), u64(count ?? values.length), ...values])

export interface TensorToBuild {
  readonly name: string
  /** Fastest first, as the format has them. */
  readonly dimensions?: readonly (number | bigint)[]
  readonly type?: number
  readonly offset?: number | bigint
  readonly data?: Uint8Array
}

export interface FileToBuild {
  readonly magic?: string
  readonly version?: Uint8Array
  readonly tensorCount?: number | bigint
  readonly pairCount?: number | bigint
  readonly pairs?: readonly Uint8Array[]
  readonly tensors?: readonly TensorToBuild[]
  readonly alignment?: number
}

/** A file with the given parts; what is not given is right. A tensor is [2, 3] float32 unless said otherwise. */
export function gguf({
  magic = 'GGUF',
  version = u32(3),
  pairs = [],
  tensors = [],
  tensorCount = tensors.length,
  pairCount = pairs.length,
  alignment = 32,
}: FileToBuild): Uint8Array<ArrayBuffer> {
  const infos: Uint8Array[] = []
  const data: Uint8Array[] = []
  let offset = 0
  for (const { name, dimensions = [3, 2], type = 0, data: given, ...rest } of tensors) {
    const bytes =
      given ?? new Uint8Array(4 * Number(dimensions.reduce<number>((product, one) => product * Number(one), 1)))
    infos.push(
      concatBytes([text(name), u32(dimensions.length), ...dimensions.map(u64), u32(type), u64(rest.offset ?? offset)]),
    )
    const padding = new Uint8Array((alignment - (bytes.byteLength % alignment)) % alignment)
    data.push(bytes, padding)
    offset += bytes.byteLength + padding.byteLength
  }
  const head = concatBytes([encodeUtf8(magic), version, u64(tensorCount), u64(pairCount), ...pairs, ...infos])
  const padding = new Uint8Array(tensors.length > 0 ? (alignment - (head.byteLength % alignment)) % alignment : 0)
  return concatBytes([head, padding, ...data])
}
