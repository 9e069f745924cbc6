// ONNX Runtime's WebGPU provider, as the page loads it, beside our own plan on the GPU.
import { expect, test } from 'vitest'
import { relativeNormError } from '../../src/base/relativeNormError'
import { OnnxSession } from '../../src/engine/onnxSession'
import { loadWeights } from '../../src/models/weights'
import type { Precision } from '../../src/models/model'
import { onnxDecoder } from '../../src/onnx/decoder'
import { onnxFile } from '../../src/onnx/onnxFile'
import { onnxRuntime } from '../../src/platform/onnxRuntime'
import { ReferenceExecutor } from '../../src/reference/executor'
import { recordLogits } from '../helpers/logits'
import { loadRandomModel, tinyConfig } from '../helpers/tinyModel'

const config = { ...tinyConfig, heads: 4, keyValueHeads: 2, headWidth: 16 }
const tokens = [3, 1, 4, 1, 5, 9, 2, 6, 5]

test('the runtime is there with both providers', async () => {
  expect((await onnxRuntime()).providers).toEqual(['wasm', 'webgpu'])
})

test.each([
  ['webgpu', 'float32'],
  ['webgpu', 'int8'],
  ['wasm', 'int8'],
] as const)('%s says what our plan says, in %s, and reads on from its cache', async (provider, precision) => {
  const { expected, bytes } = await tinyOnnx(precision)
  const { runtime } = await onnxRuntime()
  const session = await OnnxSession.open(runtime, bytes, config, provider)
  const rows = [...(await session.read(tokens.slice(0, 4))), ...(await session.read(tokens.slice(4)))]
  // Sums of float32 in another order.
  expect(relativeNormError(Float32Array.from(rows), expected)).toBeLessThan(2e-6)
  expect(await session.prefill(tokens)).toHaveLength(config.vocabulary)
  await session.close()
})

async function tinyOnnx(precision: Precision) {
  const reference = new ReferenceExecutor()
  const read = new Map<string, Float32Array>()
  const model = await loadRandomModel((tensor, data) => reference.write(tensor, data), config, precision, {
    onRead: (name, values) => read.set(name, values),
  })
  const expected = await recordLogits(config, precision, tokens, model).run(reference)
  const decoder = onnxDecoder(config, precision)
  const file = onnxFile(decoder, {})
  await loadWeights(decoder.model, (name) => Promise.resolve(read.get(name)!), file.write)
  return { expected, bytes: file.bytes }
}
