import { describe, expect, test } from 'vitest'
import { blobSource, bytesSource } from '../../../src/formats/fileSource'

const bytes = Uint8Array.of(1, 2, 3, 4, 5)

describe.each([
  ['a blob', blobSource(new Blob([bytes]), 'file')],
  ['bytes', bytesSource(bytes, 'file')],
])('%s', (_name, source) => {
  test('gives the bytes of a range', async () => {
    expect(source.sizeBytes).toBe(5)
    expect([...(await source.read(1, 3))]).toEqual([2, 3, 4])
    expect([...(await source.read(5, 0))]).toEqual([])
  })

  test.each([
    [0, 6],
    [5, 1],
    [-1, 2],
    [0.5, 1],
    [0, Number.POSITIVE_INFINITY],
    [Number.NaN, 1],
  ])('refuses %d, %d', async (offset, length) => {
    await expect(source.read(offset, length)).rejects.toMatchObject({ code: 'file/not-readable' })
  })
})

test('a blob that cannot be read is a typed error', async () => {
  const blob = { size: 4, slice: () => ({ arrayBuffer: () => Promise.reject(new Error('gone')) }) } as unknown as Blob
  await expect(blobSource(blob, 'file').read(0, 4)).rejects.toMatchObject({ code: 'file/not-readable' })
})
