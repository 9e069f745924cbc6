import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { concatBytes } from '../../../src/base/bytes'
import { bytesSource, type FileSource } from '../../../src/formats/fileSource'
import { blockValuesOf, dequantizeGgml, ggmlBytes, splitQ8_0, type GgmlType } from '../../../src/formats/ggml'
import { readGgufHeader, type GgufEntry } from '../../../src/formats/gguf'
import { readGgufBlockRows, readGgufRows } from '../../../src/formats/ggufRows'
import { gguf } from './ggufFiles'

const path = join(import.meta.dirname, '../../interop/goldens/ggml-blocks.json')
const goldens = JSON.parse(readFileSync(path, 'utf8')) as Record<GgmlType, { bytes: string }>
const typeIds: Readonly<Record<GgmlType, number>> = {
  F32: 0,
  F16: 1,
  Q4_0: 2,
  Q4_1: 3,
  Q5_0: 6,
  Q5_1: 7,
  Q8_0: 8,
  Q4_K: 12,
  Q5_K: 13,
  Q6_K: 14,
  BF16: 30,
}

const ROWS = 3

/** A tensor [3, columns] between two others, and what of the file was read. */
async function openRows(type: GgmlType) {
  const golden = new Uint8Array(Buffer.from(goldens[type].bytes, 'base64'))
  const columns = 2 * blockValuesOf(type)
  const data = golden.slice(0, ROWS * ggmlBytes(type, columns))
  const file = gguf({
    tensors: [{ name: 'before' }, { name: 'w', type: typeIds[type], dimensions: [columns, ROWS], data }, { name: 'z' }],
  })
  const inner = bytesSource(file, 'model.gguf')
  const ranges: number[] = []
  const source: FileSource = {
    ...inner,
    read: (offset, length) => {
      ranges.push(length)
      return inner.read(offset, length)
    },
  }
  const entry = (await readGgufHeader(source)).tensors.get('w') as GgufEntry // it is in the file above
  ranges.length = 0
  return { source, entry, columns, data, ranges }
}

test.each(Object.keys(typeIds) as GgmlType[])('rows of %s are those of the whole tensor', async (type) => {
  const { source, entry, columns, data, ranges } = await openRows(type)
  const whole = dequantizeGgml(type, data)
  for (let first = 0; first <= ROWS; first++) {
    for (let count = 0; first + count <= ROWS; count++) {
      const expected = whole.slice(first * columns, (first + count) * columns)
      expect(await readGgufRows(source, entry, { first, count })).toEqual(expected)
      expect(ranges.pop()).toBe(ggmlBytes(type, count * columns))
    }
  }
  expect(ranges).toEqual([])
})

test('rows of Q8_0 come as their planes, and of nothing else', async () => {
  const { source, entry, data } = await openRows('Q8_0')
  const parts = await Promise.all([0, 1, 2].map((first) => readGgufBlockRows(source, entry, { first, count: 1 })))
  const whole = splitQ8_0(data)
  const bytesOfParts = (plane: 'values' | 'scales') =>
    concatBytes(parts.map((part) => new Uint8Array((part?.[plane] ?? new Int8Array()).slice().buffer)))
  expect(bytesOfParts('values')).toEqual(new Uint8Array(whole.values.buffer))
  expect(bytesOfParts('scales')).toEqual(new Uint8Array(whole.scales.buffer))
  const other = await openRows('Q4_0')
  expect(await readGgufBlockRows(other.source, other.entry, { first: 0, count: 1 })).toBeNull()
})

test('a vector is one row', async () => {
  const values = Float32Array.of(1, 2, 3)
  const source = bytesSource(
    gguf({ tensors: [{ name: 'w', dimensions: [3], data: new Uint8Array(values.buffer) }] }),
    'model.gguf',
  )
  const entry = (await readGgufHeader(source)).tensors.get('w') as GgufEntry // it is in the file above
  expect(await readGgufRows(source, entry, { first: 0, count: 1 })).toEqual(values)
})

test.each([
  { first: -1, count: 1 },
  { first: 0, count: 4 },
  { first: 3, count: 1 },
])('rows $first + $count of 3 are our mistake', async (rows) => {
  const { source, entry } = await openRows('F32')
  await expect(readGgufRows(source, entry, rows)).rejects.toThrow('rows')
})
