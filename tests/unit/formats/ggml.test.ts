// Every block format against the gguf package's own reading; see tests/interop/make_ggml_blocks.py.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { float32View } from '../../../src/base/bytes'
import { blockValuesOf, dequantizeGgml, ggmlBytes, splitQ8_0, type GgmlType } from '../../../src/formats/ggml'
import { dequantizeBlocks } from '../../../src/models/quantize'

const path = join(import.meta.dirname, '../../interop/goldens/ggml-blocks.json')
const goldens = JSON.parse(readFileSync(path, 'utf8')) as Record<GgmlType, { bytes: string; values: string }>
const decoded = (text: string) => new Uint8Array(Buffer.from(text, 'base64'))

test.each(Object.keys(goldens) as GgmlType[])('%s is read as the gguf package reads it', (type) => {
  const bytes = decoded(goldens[type].bytes)
  const values = dequantizeGgml(type, bytes)
  expect(ggmlBytes(type, values.length)).toBe(bytes.byteLength)
  expect(values.length % blockValuesOf(type)).toBe(0)
  expect(values).toEqual(float32View(decoded(goldens[type].values)))
})

test('Q8_0 becomes our int8 blocks without a detour through floats', () => {
  const bytes = decoded(goldens.Q8_0.bytes)
  expect(dequantizeBlocks(splitQ8_0(bytes))).toEqual(dequantizeGgml('Q8_0', bytes))
})
