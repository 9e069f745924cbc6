import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concatBytes, encodeUtf8, uint64Bytes } from '../../../src/base/bytes'
import { AppError, type ErrorCode } from '../../../src/base/errors'
import { bytesSource } from '../../../src/formats/fileSource'
import {
  float32Tensor,
  MAX_HEADER_BYTES,
  readSafetensorsHeader,
  readTensor,
  type SafetensorsDType,
  serializeSafetensors,
  toFloat32,
} from '../../../src/formats/safetensors'
import { file, oneTensor, tensor } from './safetensorsFiles'

const many = (count: number, make: (index: number) => string): string =>
  Array.from({ length: count }, (_, i) => make(i)).join(',')
const valid = `{"w":{${tensor()}}}`
const utf16 = (text: string): Uint8Array => new Uint8Array(Uint16Array.from(text, (c) => c.charCodeAt(0)).buffer)

type Case = [name: string, bytes: Uint8Array, expected: ErrorCode | { tensors: number }]

// The numbers are those of the list of malformed files the project keeps for each format.
const cases: Case[] = [
  ['A01 no bytes', new Uint8Array(), 'safetensors/truncated'],
  ['A02 seven bytes', new Uint8Array(7), 'safetensors/truncated'],
  ['A03 an empty header', uint64Bytes(0), 'safetensors/header-invalid'],
  ['A04 a lone brace', file('{'), 'safetensors/header-invalid'],
  ['A05 an empty object', file('{}'), { tensors: 0 }],
  ['A06 a header longer than the file', file('{}', 0, uint64Bytes(1000)), 'safetensors/truncated'],
  ['A07 a header one byte too long', file('{}', 0, uint64Bytes(3)), 'safetensors/truncated'],
  ['A08 a length of 2^63', file('{}', 0, Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0x80)), 'safetensors/header-too-large'],
  ['A09 a length of 2^64 - 1', file('{}', 0, new Uint8Array(8).fill(0xff)), 'safetensors/header-too-large'],
  ['A10 a length of 100,000,001', file('{}', 0, uint64Bytes(100_000_001)), 'safetensors/header-too-large'],
  ['A11 a length one over ours', file('{}', 0, uint64Bytes(MAX_HEADER_BYTES + 1)), 'safetensors/header-too-large'],
  ['A12 a header byte 0xFF', file(Uint8Array.of(0x7b, 0xff, 0x7d)), 'safetensors/header-invalid'],
  ['A13 an overlong byte sequence', file(Uint8Array.of(0x7b, 0x22, 0xc0, 0xaf, 0x22)), 'safetensors/header-invalid'],
  ['A13 a surrogate in UTF-8', file(Uint8Array.of(0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22)), 'safetensors/header-invalid'],
  ['A13 a surrogate by escape', file(`{"\\ud800":{${tensor()}}}`, 4), 'safetensors/header-invalid'],
  ['A14 a byte order mark', file(`\ufeff${valid}`, 4), 'safetensors/header-invalid'],
  ['A15 UTF-16', file(utf16(valid), 4), 'safetensors/header-invalid'],
  ['A16 an array', file('[]'), 'safetensors/header-invalid'],
  ['A17 a string', file('"safetensors"'), 'safetensors/header-invalid'],
  ['A18 leading space', file(`\n \t\r${valid}`, 4), { tensors: 1 }],
  ['A19 trailing space', file(`${valid} \r\n\t  `, 4), { tensors: 1 }],
  ['A20 trailing NUL', file(`${valid}\0\0`, 4), 'safetensors/header-invalid'],
  ['A21 two values', file(`${valid}{}`, 4), 'safetensors/header-invalid'],
  ['A22 JSON cut short', file(valid.slice(0, -5), 4), 'safetensors/header-invalid'],
  ['A23 a comment', file(`{/* */}`), 'safetensors/header-invalid'],
  ['A23 a trailing comma', file(`{"w":{${tensor()}},}`, 4), 'safetensors/header-invalid'],
  ['A23 NaN', oneTensor(tensor('"F32"', '[NaN]')), 'safetensors/header-invalid'],
  ['A23 single quotes', file(`{'w':{${tensor()}}}`, 4), 'safetensors/header-invalid'],
  [
    'A24 a name twice',
    file(`{"w":{${tensor()}},"w":{${tensor('"F32"', '[1]', '[4,8]')}}}`, 8),
    'safetensors/duplicate-name',
  ],
  [
    'A24 a name twice by escape',
    file(`{"w":{${tensor()}},"\\u0077":{${tensor('"F32"', '[1]', '[4,8]')}}}`, 8),
    'safetensors/duplicate-name',
  ],
  ['A25 a dtype twice', oneTensor(`"dtype":"F32",${tensor()}`), 'safetensors/header-invalid'],
  ['A26 the name __proto__', oneTensor(tensor(), { name: '__proto__' }), { tensors: 1 }],
  ['A27 the name constructor', oneTensor(tensor(), { name: 'constructor' }), { tensors: 1 }],
  ['A28 an empty name', oneTensor(tensor(), { name: '' }), { tensors: 1 }],
  ['A29 a name of 1 MiB', oneTensor(tensor(), { name: 'w'.repeat(1024 * 1024) }), 'safetensors/header-invalid'],
  ['A30 a name with NUL', oneTensor(tensor(), { name: 'a\0b' }), { tensors: 1 }],
  ['A30 a name with a path and a tag', oneTensor(tensor(), { name: '../\u202e<img onerror=x>' }), { tensors: 1 }],
  ['A31 the dtype Q4', oneTensor(tensor('"Q4"')), 'safetensors/unsupported-dtype'],
  ['A31 the dtype f32', oneTensor(tensor('"f32"')), 'safetensors/unsupported-dtype'],
  ['A31 the dtype toString', oneTensor(tensor('"toString"')), 'safetensors/unsupported-dtype'],
  ['A31 the dtype null', oneTensor(tensor('null')), 'safetensors/header-invalid'],
  ['A31 the dtype 7', oneTensor(tensor('7')), 'safetensors/header-invalid'],
  ['A32 the dtype F8_E4M3', oneTensor(tensor('"F8_E4M3"')), 'safetensors/unsupported-dtype'],
  ['A32 the dtype F4', oneTensor(tensor('"F4"')), 'safetensors/unsupported-dtype'],
  ...['3', '[-1]', '[1.5]', '["2"]', '[null]', '[1e2]', '[1.0]'].map(
    (shape): Case => [`A33 the shape ${shape}`, oneTensor(tensor('"F32"', shape)), 'safetensors/header-invalid'],
  ),
  ['A34 nine dimensions', oneTensor(tensor('"F32"', '[1,1,1,1,1,1,1,1,1]')), 'safetensors/header-invalid'],
  ['A35 more than 2^53 elements', oneTensor(tensor('"F32"', '[4294967296,4294967296]')), 'safetensors/header-invalid'],
  [
    'A35 hidden behind a zero',
    oneTensor(tensor('"F32"', '[4294967296,4294967296,0]', '[0,0]'), { dataBytes: 0 }),
    'safetensors/header-invalid',
  ],
  ['A36 a length of 2^64 - 2', oneTensor(tensor('"F32"', '[2,18446744073709551614]')), 'safetensors/header-invalid'],
  ['A37 a length of 2^63 - 1', oneTensor(tensor('"F32"', '[2,9223372036854775807]')), 'safetensors/header-invalid'],
  ['A38 a scalar', oneTensor(tensor('"F32"', '[]')), { tensors: 1 }],
  ['A39 a length of zero', oneTensor(tensor('"F32"', '[2,0]', '[0,0]'), { dataBytes: 0 }), { tensors: 1 }],
  ['A40 no offsets', oneTensor('"dtype":"F32","shape":[1]'), 'safetensors/header-invalid'],
  ['A40 one offset', oneTensor(tensor('"F32"', '[1]', '[0]')), 'safetensors/header-invalid'],
  ['A40 three offsets', oneTensor(tensor('"F32"', '[1]', '[0,4,8]')), 'safetensors/header-invalid'],
  ['A40 a negative offset', oneTensor(tensor('"F32"', '[1]', '[-4,0]')), 'safetensors/header-invalid'],
  ['A40 reversed offsets', oneTensor(tensor('"F32"', '[1]', '[4,0]')), 'safetensors/bad-offsets'],
  [
    'A41 ten tensors on the same bytes',
    file(`{${many(10, (i) => `"w${i}":{${tensor('"F32"', '[2,2]', '[0,16]')}}`)}}`, 16),
    'safetensors/bad-offsets',
  ],
  ['A42 a hole', file(`{"a":{${tensor()}},"b":{${tensor('"F32"', '[1]', '[8,12]')}}}`, 12), 'safetensors/bad-offsets'],
  ['A42 a hole at the start', oneTensor(tensor('"F32"', '[1]', '[4,8]'), { dataBytes: 8 }), 'safetensors/bad-offsets'],
  ['A43 bytes that do not fit the shape', oneTensor(tensor('"F32"', '[2]')), 'safetensors/bad-offsets'],
  [
    'A44 a zip behind the last tensor',
    concatBytes([file(valid, 4), encodeUtf8('PK\x03\x04')]),
    'safetensors/bad-offsets',
  ],
  ['A45 two bytes short', oneTensor(tensor(), { dataBytes: 2 }), 'safetensors/truncated'],
  ...['7', '{"a":1}', '{"a":null}', '{"a":{"b":"c"}}', '[]', 'null'].map(
    (metadata): Case => [
      `A46 the metadata ${metadata}`,
      file(`{"__metadata__":${metadata}}`),
      'safetensors/header-invalid',
    ],
  ),
  [
    'A46 100,000 metadata entries',
    file(`{"__metadata__":{${many(100_000, (i) => `"${i}":""`)}}}`),
    'safetensors/header-invalid',
  ],
  ['A46 2 MiB of metadata', file(`{"__metadata__":{"a":"${'x'.repeat(2 ** 21)}"}}`), 'safetensors/header-invalid'],
  [
    '100,000 tensors',
    file(`{${many(100_000, (i) => `"${i}":{${tensor('"U8"', '[0]', '[0,0]')}}`)}}`),
    'safetensors/header-invalid',
  ],
  ['arrays 100,000 deep', file('['.repeat(100_000)), 'safetensors/header-invalid'],
]

const foreign: [name: string, start: Uint8Array | string, code: ErrorCode][] = [
  ['a pickle of protocol 2', Uint8Array.of(0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20), 'file/pickle'],
  ['a pickle of protocol 4', Uint8Array.of(0x80, 4, 0x95, 0x1f, 0, 0, 0, 0, 0, 0, 0), 'file/pickle'],
  ['a torch zip', `PK\x03\x04${'\0'.repeat(26)}archive/data.pkl`, 'file/pickle'],
  ['another zip', `PK\x03\x04${'\0'.repeat(26)}word/document.xml`, 'file/not-readable'],
  ['HDF5', Uint8Array.of(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a), 'file/not-readable'],
  ['NumPy', Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0), 'file/not-readable'],
  ['GGUF', `GGUF\x03\0\0\0\0\0\0\0`, 'file/not-readable'],
  ['a Git LFS pointer', 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n', 'file/not-readable'],
  ['a web page', '<!DOCTYPE html><html><head>', 'file/not-readable'],
]

async function codeOf(bytes: Uint8Array): Promise<string> {
  try {
    const { tensors } = await readSafetensorsHeader(bytesSource(bytes, 'test.safetensors'))
    return `${tensors.size} tensors`
  } catch (thrown) {
    if (thrown instanceof AppError) return thrown.code
    throw thrown
  }
}

describe('malformed files', () => {
  test.each(cases)('%s', async (_name, bytes, expected) => {
    expect(await codeOf(bytes)).toBe(typeof expected === 'string' ? expected : `${expected.tensors} tensors`)
  })

  test.each(foreign)('%s is recognised by its bytes', async (_name, start, code) => {
    const head = typeof start === 'string' ? encodeUtf8(start) : start
    expect(await codeOf(concatBytes([head, new Uint8Array(100)]))).toBe(code)
  })

  test('recognising another format reads only the start of it', async () => {
    const large = new Uint8Array(1024 * 1024)
    large.set(encodeUtf8('PK\x03\x04'))
    let lastByte = 0
    const source = bytesSource(large, 'model.safetensors')
    const watched = {
      ...source,
      read: (offset: number, length: number) => {
        lastByte = Math.max(lastByte, offset + length)
        return source.read(offset, length)
      },
    }
    await expect(readSafetensorsHeader(watched)).rejects.toMatchObject({ code: 'file/not-readable' })
    expect(lastByte).toBeLessThanOrEqual(64 * 1024)
  })

  test('a file cut at any byte is refused', async () => {
    const whole = serializeSafetensors([float32Tensor('w', [2, 3], new Float32Array(6))], { format: 'pt' })
    for (let length = 0; length < whole.byteLength; length++) {
      expect(await codeOf(whole.subarray(0, length))).toMatch(/^safetensors\//)
    }
  })
})

describe('tensors', () => {
  test('halves and bfloat16 become float32', async () => {
    const bytes = serializeSafetensors([
      { name: 'half', dtype: 'F16', shape: [2], bytes: new Uint8Array(Uint16Array.of(0x3c00, 0xc000).buffer) },
      { name: 'brain', dtype: 'BF16', shape: [1], bytes: new Uint8Array(Uint16Array.of(0x3f80).buffer) },
      { name: 'single', dtype: 'F32', shape: [1], bytes: new Uint8Array(Float32Array.of(0.1).buffer) },
    ])
    const source = bytesSource(bytes, 'test')
    const header = await readSafetensorsHeader(source)
    const values = async (name: string) => [...toFloat32(await readTensor(source, header, name))]
    expect(await values('half')).toEqual([1, -2])
    expect(await values('brain')).toEqual([1])
    expect(await values('single')).toEqual([Math.fround(0.1)])
  })

  test('integers load but are no weights', async () => {
    const source = bytesSource(
      serializeSafetensors([{ name: 'ids', dtype: 'I64', shape: [1], bytes: new Uint8Array(8) }]),
      'test',
    )
    const tensor = await readTensor(source, await readSafetensorsHeader(source), 'ids')
    expect(() => toFloat32(tensor)).toThrow(expect.objectContaining({ code: 'safetensors/unsupported-dtype' }))
  })

  test('a missing tensor is a typed error', async () => {
    const source = bytesSource(serializeSafetensors([]), 'test')
    const header = await readSafetensorsHeader(source)
    await expect(readTensor(source, header, 'nothing')).rejects.toMatchObject({ code: 'file/not-readable' })
  })

  test('the header ends at a multiple of eight and tensors are sorted', () => {
    const bytes = serializeSafetensors([
      float32Tensor('b', [1], Float32Array.of(2)),
      { name: 'z', dtype: 'I64', shape: [1], bytes: new Uint8Array(8) },
      float32Tensor('a', [1], Float32Array.of(1)),
    ])
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true))
    expect(length % 8).toBe(0)
    const header = new TextDecoder().decode(bytes.subarray(8, 8 + length))
    expect(Object.keys(JSON.parse(header) as object)).toEqual(['z', 'a', 'b'])
  })
})

describe('properties', () => {
  const sizes = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, U8: 1, BOOL: 1 } satisfies Partial<
    Record<SafetensorsDType, number>
  >
  const anyTensor = fc
    .record({
      name: fc.string({ unit: 'grapheme', maxLength: 20 }).filter((name) => name !== '__metadata__'),
      dtype: fc.constantFrom(...(Object.keys(sizes) as (keyof typeof sizes)[])),
      shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }),
      fill: fc.nat(255),
    })
    .map(({ fill, ...tensor }) => {
      const length = tensor.shape.reduce((product, size) => product * size, sizes[tensor.dtype])
      return { ...tensor, bytes: new Uint8Array(length).fill(fill) }
    })

  test('what is serialized is read back', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(anyTensor, { selector: ({ name }) => name, maxLength: 8 }),
        fc.dictionary(fc.string({ maxLength: 8 }), fc.string({ unit: 'grapheme', maxLength: 20 }), { maxKeys: 4 }),
        async (tensors, metadata) => {
          const source = bytesSource(serializeSafetensors(tensors, metadata), 'test')
          const header = await readSafetensorsHeader(source)
          expect(header.tensors.size).toBe(tensors.length)
          expect(new Map(header.metadata)).toEqual(new Map(Object.entries(metadata)))
          for (const { name, dtype, shape, bytes } of tensors) {
            expect(await readTensor(source, header, name)).toEqual({ dtype, shape, bytes })
          }
        },
      ),
      { numRuns: 300, seed: 7 },
    )
  })

  test('no mutation of a file makes anything but an AppError', async () => {
    const whole = serializeSafetensors(
      [float32Tensor('model.layers.0.a', [2, 3], new Float32Array(6)), float32Tensor('b', [1], new Float32Array(1))],
      { format: 'pt' },
    )
    const outcomes = /^(safetensors|file)\/|^\d tensors$/
    const headerEnd = whole.byteLength - 28
    const edit = fc.tuple(fc.nat(headerEnd), fc.oneof(fc.nat(255), fc.constantFrom(...encodeUtf8('{}[]",:0-9eE\\u'))))
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 6 }), fc.nat(40), async (edits, cut) => {
        const bytes = whole.slice(0, whole.byteLength - (cut > 20 ? cut : 0))
        for (const [at, byte] of edits) bytes[at] = byte
        expect(await codeOf(bytes)).toMatch(outcomes)
      }),
      { numRuns: 15_000, seed: 11 },
    )
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.boolean(), async (noise, isHeader) => {
        expect(await codeOf(isHeader ? file(noise, 4) : noise)).toMatch(outcomes)
      }),
      { numRuns: 5_000, seed: 13 },
    )
  })
})
