// Builders of safetensors files, whole and broken.
import { concatBytes, encodeUtf8, uint64Bytes } from '../../../src/base/bytes'

/** A file with this header text and this many data bytes. `length` overrides the header length. */
export function file(header: string | Uint8Array, dataBytes = 0, length?: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = typeof header === 'string' ? encodeUtf8(header) : header
  return concatBytes([length ?? uint64Bytes(bytes.byteLength), bytes, new Uint8Array(dataBytes)])
}

/** A file whose only tensor is `entry`, with F32 [1] at 0 to 4 where the entry does not say otherwise. */
export function oneTensor(entry: string, { name = 'w', dataBytes = 4 } = {}): Uint8Array<ArrayBuffer> {
  return file(`{${JSON.stringify(name)}:{${entry}}}`, dataBytes)
}

export function tensor(dtype = '"F32"', shape = '[1]', offsets = '[0,4]'): string {
  return `"dtype":${dtype},"shape":${shape},"data_offsets":${offsets}`
}
