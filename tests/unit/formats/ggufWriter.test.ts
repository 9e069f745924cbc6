// What the writer says, the strict reader reads.
import { expect, test } from 'vitest'
import { concatBytes } from '../../../src/base/bytes'
import { bytesSource } from '../../../src/formats/fileSource'
import { joinQ8_0, splitQ8_0 } from '../../../src/formats/ggml'
import { readGgufHeader } from '../../../src/formats/gguf'
import { ggufHead, ggufPadding, type GgufPair, type GgufTensorInfo } from '../../../src/formats/ggufWriter'

const pairs: GgufPair[] = [
  { key: 'text', kind: 'string', value: '한글 “quoted” \n' },
  { key: 'empty', kind: 'string', value: '' },
  { key: 'count', kind: 'uint32', value: 2 ** 32 - 1 },
  { key: 'share', kind: 'float32', value: 0.5 },
  { key: 'yes', kind: 'bool', value: true },
  { key: 'no', kind: 'bool', value: false },
  { key: 'tokenizer.tokens', kind: 'strings', value: ['', 'a', '▁the'] },
  { key: 'tokenizer.scores', kind: 'float32s', value: [-1_000_000, 0, 0.25] },
  { key: 'tokenizer.types', kind: 'int32s', value: [-1, 0, 6] },
  { key: 'none', kind: 'strings', value: [] },
]

const tensors: GgufTensorInfo[] = [
  { name: 'a', type: 'Q8_0', shape: [3, 64] },
  { name: 'b', type: 'F16', shape: [5] },
  { name: 'c', type: 'F32', shape: [2, 3, 1] },
]

test('pairs of every kind and tensors of every type come back, each where it lies', async () => {
  const head = ggufHead(pairs, tensors)
  const rest = head.tensors.map(({ sizeBytes }) => new Uint8Array(sizeBytes + ggufPadding(sizeBytes)))
  const file = concatBytes([head.bytes, ...rest])
  expect(file.byteLength).toBe(head.fileBytes)
  const read = await readGgufHeader(bytesSource(file, 'x.gguf'))
  expect([...read.metadata]).toEqual(pairs.map(({ key, value }) => [key, value]))
  expect([...read.tensors.values()]).toEqual(head.tensors)
  expect(head.tensors.map(({ sizeBytes }) => sizeBytes)).toEqual([6 * 34, 10, 24])
  expect(head.tensors.every(({ offset }) => offset % 32 === 0)).toBe(true)
})

test('a vocabulary of 200,000 tokens comes back', async () => {
  const value = Array.from({ length: 200_000 }, (_, id) => `t${id}`)
  const { bytes } = ggufHead([{ key: 'tokenizer.tokens', kind: 'strings', value }], [])
  expect((await readGgufHeader(bytesSource(bytes, 'x.gguf'))).metadata.get('tokenizer.tokens')).toEqual(value)
})

test('a byte less is a file that was cut', async () => {
  const head = ggufHead([], [{ name: 'a', type: 'F32', shape: [8] }])
  const file = concatBytes([head.bytes, new Uint8Array(31)])
  await expect(readGgufHeader(bytesSource(file, 'x.gguf'))).rejects.toMatchObject({ code: 'gguf/truncated' })
})

test('blocks of Q8_0 are joined as they are split', () => {
  const values = Int8Array.from({ length: 96 }, (_, i) => ((i * 37) % 255) - 127)
  const scales = Uint16Array.of(0x3c00, 0x0001, 0xfbff)
  const bytes = joinQ8_0({ values, scales })
  expect(bytes.byteLength).toBe(3 * 34)
  expect([...bytes.subarray(34, 36)]).toEqual([1, 0]) // little-endian
  expect(splitQ8_0(bytes)).toEqual({ values, scales })
})
