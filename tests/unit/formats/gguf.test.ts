import { describe, expect, test } from 'vitest'
import { concatBytes, encodeUtf8 } from '../../../src/base/bytes'
import { AppError, type ErrorCode } from '../../../src/base/errors'
import { bytesSource, type FileSource } from '../../../src/formats/fileSource'
import { readGgufBlocks, readGgufHeader, readGgufTensor } from '../../../src/formats/gguf'
import { array, f32, gguf, i32, kinds, pair, text, u32, u64, type TensorToBuild } from './ggufFiles'
import { busyMs } from '../../helpers/busyTime'

const { u8, bool, string } = kinds
const w: TensorToBuild = { name: 'w' }
const hugeTensor = { data: new Uint8Array(64) }
const alignment = (kind: number, value: Uint8Array) => pair('general.alignment', kind, value)
const big = 2n ** 63n
const nested = (depth: number): Uint8Array => array(kinds.array, [depth > 0 ? nested(depth - 1) : array(u8, [])])

type Case = [name: string, bytes: Uint8Array, expected: ErrorCode | { tensors: number; pairs: number }]

// The numbers are those of the list of malformed files the project keeps for each format.
const cases: Case[] = [
  ['B01 another magic', gguf({ magic: 'FUGG' }), 'gguf/header-invalid'],
  ...[0, 1, 4].map(
    (version): Case => [`B02-B04 version ${version}`, gguf({ version: u32(version) }), 'gguf/unsupported'],
  ),
  ['B05 -1 tensors', gguf({ tensorCount: -1 }), 'gguf/header-invalid'],
  ['B06 -1 pairs', gguf({ pairCount: -1 }), 'gguf/header-invalid'],
  ['B07 nothing but a header', gguf({}), { tensors: 0, pairs: 0 }],
  ['B07 version 2', gguf({ version: u32(2) }), { tensors: 0, pairs: 0 }],
  ['B08 a key of -1 bytes', gguf({ pairs: [concatBytes([text('', -1), new Uint8Array(16)])] }), 'gguf/header-invalid'],
  ['B09 an empty key', gguf({ pairs: [pair('', u8, Uint8Array.of(1))] }), 'gguf/header-invalid'],
  ['B10 a value of type 13', gguf({ pairs: [pair('a', 13, u64(0))] }), 'gguf/header-invalid'],
  [
    'B11 a key twice',
    gguf({ pairs: [pair('a', u8, Uint8Array.of(1)), pair('a', u8, Uint8Array.of(1))] }),
    'gguf/header-invalid',
  ],
  ['B12 an alignment of 13', gguf({ pairs: [alignment(kinds.u32, u32(13))] }), 'gguf/header-invalid'],
  ['B13 an alignment as i32', gguf({ pairs: [alignment(kinds.i32, i32(32))] }), 'gguf/header-invalid'],
  [
    'B14 values of many types',
    gguf({
      pairs: [
        pair('a', u8, Uint8Array.of(7)),
        pair('b', string, text('x')),
        pair('c', bool, Uint8Array.of(1)),
        pair('d', kinds.array, array(string, [text('p'), text('')])),
        pair('e', kinds.f32, f32(0.5)),
        pair('f', kinds.u64, u64(2n ** 40n)),
      ],
    }),
    { tensors: 0, pairs: 6 },
  ],
  ['B15 a name of 64 bytes', gguf({ tensors: [{ name: 'w'.repeat(64) }] }), 'gguf/header-invalid'],
  ['B16 five dimensions', gguf({ tensors: [{ name: 'w', dimensions: [1, 1, 1, 1, 1] }] }), 'gguf/header-invalid'],
  ['B17 a dimension of -1', gguf({ tensors: [{ ...w, ...hugeTensor, dimensions: [-1] }] }), 'gguf/header-invalid'],
  ['B18 a dimension of 0', gguf({ tensors: [{ name: 'w', dimensions: [0, 4] }] }), { tensors: 1, pairs: 0 }],
  [
    'B18 a dimension of 0 beside others whose product overflows',
    gguf({ tensors: [{ ...w, ...hugeTensor, dimensions: [2n ** 52n, 2n ** 52n, 0] }] }),
    'gguf/header-invalid',
  ],
  [
    'B19 too many values',
    gguf({ tensors: [{ ...w, ...hugeTensor, dimensions: [2n ** 40n, 2n ** 40n] }] }),
    'gguf/header-invalid',
  ],
  ['B20 too many bytes', gguf({ tensors: [{ ...w, ...hugeTensor, dimensions: [2n ** 52n] }] }), 'gguf/header-invalid'],
  ['B21 a type out of range', gguf({ tensors: [{ name: 'w', type: 2 ** 31 }] }), 'gguf/unsupported'],
  ['B22 an offset of -1', gguf({ tensors: [{ name: 'w', offset: -1 }] }), 'gguf/header-invalid'],
  ['B23 a tensor twice', gguf({ tensors: [w, w] }), 'gguf/header-invalid'],
  [
    'B24 tensors with an alignment of 13',
    gguf({ pairs: [alignment(kinds.u32, u32(13))], tensors: [w] }),
    'gguf/header-invalid',
  ],
  [
    'B25 tensors that lie as another alignment would have them',
    gguf({ pairs: [alignment(kinds.u32, u32(64))], tensors: [w, { name: 'v', offset: 32 }] }),
    'gguf/bad-offsets',
  ],
  ['B26 two tensors', gguf({ tensors: [w, { name: 'v' }] }), { tensors: 2, pairs: 0 }],
  [
    'B27 an alignment of 64',
    gguf({ pairs: [alignment(kinds.u32, u32(64))], tensors: [w, { name: 'v' }], alignment: 64 }),
    { tensors: 2, pairs: 1 },
  ],
  ['B28 one byte short', gguf({ tensors: [{ name: 'w', dimensions: [8] }] }).slice(0, -1), 'gguf/truncated'],
  [
    'B29-B30 data of a wider alignment that the file does not have',
    gguf({ pairs: [alignment(kinds.u32, u32(4096))], tensors: [w] }),
    'gguf/truncated',
  ],
  [
    'B31 two tensors whose sum overflows',
    gguf({ tensors: ['w', 'v'].map((name) => ({ name, ...hugeTensor, dimensions: [0x7fffffffffffffc0n] })) }),
    'gguf/header-invalid',
  ],
  ['B34 no bytes', new Uint8Array(), 'gguf/truncated'],
  ['B35 GGU', encodeUtf8('GGU'), 'gguf/truncated'],
  ['B36 big-endian', gguf({ version: Uint8Array.of(0, 0, 0, 3) }), 'gguf/unsupported'],
  ['B38 ten million tensors in a small file', gguf({ tensorCount: 9_999_999 }), 'gguf/header-invalid'],
  ['B38 60,000 tensors in a small file', gguf({ tensorCount: 60_000 }), 'gguf/truncated'],
  ['B39 99,999 pairs in a small file', gguf({ pairCount: 99_999 }), 'gguf/header-invalid'],
  ['B39 9,999 pairs in a small file', gguf({ pairCount: 9_999 }), 'gguf/truncated'],
  [
    'B40 a key of 8 MB that is not there',
    gguf({ pairs: [concatBytes([text('abc', 8_000_000), u64(0)])] }),
    'gguf/truncated',
  ],
  [
    'B41 a value of 10 MB that is not there',
    gguf({ pairs: [pair('a', string, text('x', 9_990_000))] }),
    'gguf/truncated',
  ],
  [
    'B42 a key that is not UTF-8',
    gguf({ pairs: [pair(Uint8Array.of(0xff), u8, Uint8Array.of(1))] }),
    'gguf/header-invalid',
  ],
  ['B43 the key __proto__', gguf({ pairs: [pair('__proto__', u8, Uint8Array.of(1))] }), { tensors: 0, pairs: 1 }],
  ['B44 the key tensor_count', gguf({ pairs: [pair('tensor_count', u8, Uint8Array.of(9))] }), { tensors: 0, pairs: 1 }],
  ['B45 arrays in arrays', gguf({ pairs: [pair('a', kinds.array, nested(6))] }), 'gguf/header-invalid'],
  [
    'B46 a million values that are not there',
    gguf({ pairs: [pair('tokenizer.a', kinds.array, array(u8, [], 1e6))] }),
    'gguf/truncated',
  ],
  [
    'B47 a million empty strings',
    gguf({ pairs: [pair('a', kinds.array, array(string, [new Uint8Array(8e6)], 1e6))] }),
    'gguf/header-invalid',
  ],
  [
    'B47 a million empty strings in a tokenizer',
    gguf({ pairs: [pair('tokenizer.a', kinds.array, array(string, [new Uint8Array(8e6)], 1e6))] }),
    { tensors: 0, pairs: 1 },
  ],
  [
    'arrays of five million values together',
    gguf({
      pairs: Array.from({ length: 80 }, (_, i) =>
        pair(`a${i}`, kinds.array, array(u8, [new Uint8Array(2 ** 16)], 2 ** 16)),
      ),
    }),
    'gguf/header-invalid',
  ],
  [
    'three million empty strings in a tokenizer',
    gguf({
      pairs: ['a', 'b', 'c'].map((name) =>
        pair(`tokenizer.${name}`, kinds.array, array(string, [new Uint8Array(2 ** 23)], 2 ** 20)),
      ),
    }),
    'gguf/header-invalid',
  ],
  [
    'a header of 65 MiB',
    gguf({ pairs: Array.from({ length: 65 }, (_, i) => pair(`a${i}`, string, text(new Uint8Array(2 ** 20)))) }),
    'gguf/header-too-large',
  ],
  ['B48 a boolean of 7', gguf({ pairs: [pair('a', bool, Uint8Array.of(7))] }), 'gguf/header-invalid'],
  ['B49 an alignment of 0', gguf({ pairs: [alignment(kinds.u32, u32(0))] }), 'gguf/header-invalid'],
  ['B50 an alignment of 2^31', gguf({ pairs: [alignment(kinds.u32, u32(2 ** 31))] }), 'gguf/header-invalid'],
  ['B51 an alignment as a string', gguf({ pairs: [alignment(string, text('32'))] }), 'gguf/header-invalid'],
  ['B51 an alignment as a float', gguf({ pairs: [alignment(kinds.f32, f32(32))] }), 'gguf/header-invalid'],
  ['B52 2^63 - 1 by 2', gguf({ tensors: [{ ...w, ...hugeTensor, dimensions: [big - 1n, 2] }] }), 'gguf/header-invalid'],
  [
    'B53 a second dimension of 2^42 + 1',
    gguf({ tensors: [{ ...w, ...hugeTensor, dimensions: [4, 2n ** 42n + 1n] }] }),
    'gguf/truncated',
  ],
  ...[4, 5, 9999].map(
    (type): Case => [`B54 the type ${type}`, gguf({ tensors: [{ name: 'w', type }] }), 'gguf/unsupported'],
  ),
  ['B55 rows of 33 in Q4_0', gguf({ tensors: [{ name: 'w', type: 2, dimensions: [33] }] }), 'gguf/header-invalid'],
  [
    'B56 data beyond the file',
    gguf({ tensors: [{ name: 'w', dimensions: [4096], data: new Uint8Array(64) }] }),
    'gguf/truncated',
  ],
  ['B57 an offset between', gguf({ tensors: [w, { name: 'v', offset: 7 }] }), 'gguf/bad-offsets'],
  ['B57 an overlap', gguf({ tensors: [w, { name: 'v', offset: 0 }] }), 'gguf/bad-offsets'],
  ['B57 a hole', gguf({ tensors: [w, { name: 'v', offset: 64 }] }), 'gguf/bad-offsets'],
  ['a zip', Uint8Array.of(0x50, 0x4b, 3, 4, ...new Uint8Array(60)), 'file/not-readable'],
]

describe('malformed files', () => {
  test.each(cases)('%s', async (_, bytes, expected) => {
    const took = await busyMs(async () => {
      const outcome = await readGgufHeader(bytesSource(bytes, 'model.gguf')).then(
        ({ metadata, tensors }) => ({ tensors: tensors.size, pairs: metadata.size }),
        (thrown: unknown) => (thrown instanceof AppError ? thrown.code : thrown),
      )
      expect(outcome).toEqual(expected)
    })
    expect(took).toBeLessThan(1000)
  })

  test('B37 cut at every byte', async () => {
    const whole = gguf({
      pairs: [pair('a', string, text('x'.repeat(90))), pair('b', kinds.array, array(kinds.i32, [i32(-1), i32(2)]))],
      tensors: [w, { name: 'v', dimensions: [32] }],
    })
    expect(whole.byteLength).toBeGreaterThan(400)
    for (let length = 0; length < whole.byteLength; length++) {
      const cut = readGgufHeader(bytesSource(whole.slice(0, length), 'model.gguf'))
      await expect(cut).rejects.toMatchObject({ code: 'gguf/truncated' })
    }
    await expect(readGgufHeader(bytesSource(whole, 'model.gguf'))).resolves.toMatchObject({ tensors: { size: 2 } })
  })
})

describe('reading', () => {
  test('values and shapes come back, slowest dimension first', async () => {
    const data = new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer)
    const pairs = [
      pair('s', string, text('héllo')),
      pair('n', kinds.array, array(kinds.i32, [i32(-1), i32(2)])),
      pair('on', bool, Uint8Array.of(1)),
    ]
    const source = bytesSource(gguf({ pairs, tensors: [{ name: 'w', dimensions: [3, 2], data }] }), 'model.gguf')
    const { metadata, tensors } = await readGgufHeader(source)
    expect(Object.fromEntries(metadata)).toEqual({ s: 'héllo', n: [-1, 2], on: true })
    const entry = tensors.get('w')
    expect(entry?.shape).toEqual([2, 3])
    expect(entry && (await readGgufTensor(source, entry))).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6))
    expect(entry && (await readGgufBlocks(source, entry))).toBeNull()
  })

  test.each([32, 64, 1])('B32-B33 data aligned to %d bytes', async (bytes) => {
    const data = [3, 5].map((length) => Float32Array.from({ length }, (_, i) => 10 * length + i))
    const tensors = data.map((values, i) => ({
      name: `w${i}`,
      dimensions: [values.length],
      data: new Uint8Array(values.buffer),
    }))
    const pairs = [alignment(kinds.u32, u32(bytes)), pair('odd', string, text('x'))]
    const source = bytesSource(gguf({ pairs, tensors, alignment: bytes }), 'model.gguf')
    const header = await readGgufHeader(source)
    const read = await Promise.all([...header.tensors.values()].map((entry) => readGgufTensor(source, entry)))
    expect(read).toEqual(data)
  })

  test('a long header is read in a few ranges, and never the data', async () => {
    const bytes = gguf({
      pairs: [
        pair(
          'tokenizer.a',
          kinds.array,
          array(
            string,
            Array.from({ length: 60_000 }, () => text('token')),
          ),
        ),
      ],
      tensors: [{ name: 'w', dimensions: [1_000_000] }],
    })
    const ranges: number[] = []
    const inner = bytesSource(bytes, 'model.gguf')
    const source: FileSource = {
      ...inner,
      read: (offset, length) => {
        ranges.push(length)
        return inner.read(offset, length)
      },
    }
    await readGgufHeader(source)
    expect(ranges.length).toBeLessThanOrEqual(3)
    expect(Math.max(...ranges)).toBeLessThan(bytes.byteLength)
  })
})
