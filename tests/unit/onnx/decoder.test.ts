// The ONNX file of a model in ONNX Runtime (WebAssembly), beside the reference executor.
import * as ort from 'onnxruntime-web'
import { describe, expect, test } from 'vitest'
import { relativeNormError } from '../../../src/base/relativeNormError'
import { OnnxSession } from '../../../src/engine/onnxSession'
import type { ModelConfig } from '../../../src/models/config'
import { loadWeights } from '../../../src/models/weights'
import type { Precision } from '../../../src/models/model'
import { onnxDecoder } from '../../../src/onnx/decoder'
import { onnxFile } from '../../../src/onnx/onnxFile'
import { ReferenceExecutor } from '../../../src/reference/executor'
import { recordLogits } from '../../helpers/logits'
import { loadRandomModel, tinyConfig, tinyFamilies } from '../../helpers/tinyModel'

ort.env.wasm.numThreads = 1

const configs: Record<string, ModelConfig> = {
  llama: { ...tinyConfig, heads: 4, keyValueHeads: 2, headWidth: 16 },
  'llama with biases and a head of its own': {
    ...tinyConfig,
    linearsWithBias: ['q_proj', 'o_proj', 'down_proj'],
    hasTiedHead: false,
  },
  ...tinyFamilies,
}

const tokens = [3, 1, 4, 1, 5, 9, 2, 6, 5, 35, 8, 66]

async function both(config: ModelConfig, precision: Precision) {
  const reference = new ReferenceExecutor()
  const read = new Map<string, Float32Array>()
  const model = await loadRandomModel((tensor, data) => reference.write(tensor, data), config, precision, {
    onRead: (name, values) => read.set(name, values),
  })
  const expected = await recordLogits(config, precision, tokens, model).run(reference)

  const decoder = onnxDecoder(config, precision)
  const file = onnxFile(decoder, { made: 'by a test' })
  await loadWeights(decoder.model, (name) => Promise.resolve(read.get(name)!), file.write)
  const session = await OnnxSession.open(ort, file.bytes, config, 'wasm')
  return { expected, session, bytes: file.bytes }
}

describe.each(Object.entries(configs))('%s', (_, config) => {
  test.each(['float32', 'int8'] as const)('says what our plan says, in %s', async (precision) => {
    const { expected, session } = await both(config, precision)
    // Sums of float32 in another order.
    expect(relativeNormError(await session.read(tokens), expected)).toBeLessThan(2e-6)
    await session.close()
  })

  test('reads on from its cache', async () => {
    const { expected, session } = await both(config, 'float32')
    const pieces = [tokens.slice(0, 5), tokens.slice(5, 6), tokens.slice(6)]
    const rows: number[] = []
    for (const piece of pieces) rows.push(...(await session.read(piece)))
    expect(relativeNormError(Float32Array.from(rows), expected)).toBeLessThan(2e-6)
    session.restart()
    expect(relativeNormError(await session.read(tokens), expected)).toBeLessThan(2e-6)
    await session.close()
  })
})

test('a text that is filled up on the left sees nothing of that', async () => {
  const config = configs['llama'] as ModelConfig
  const { expected, bytes } = await both(config, 'float32')
  const session = await ort.InferenceSession.create(bytes, { executionProviders: ['wasm'] })
  const filled = 3
  const length = filled + tokens.length
  const rows = [
    { ids: [...tokens, 7, 7, 7], mask: length, positions: Array.from({ length }, (_, i) => i) },
    {
      ids: [7, 7, 7, ...tokens],
      mask: tokens.length,
      positions: Array.from({ length }, (_, i) => Math.max(0, i - filled)),
    },
  ]
  const matrix = (values: number[][]) =>
    new ort.Tensor('int64', BigInt64Array.from(values.flat(), BigInt), [rows.length, length])
  const empty = () => new ort.Tensor('float32', new Float32Array(), [2, config.keyValueHeads, 0, config.headWidth])
  const caches = Array.from({ length: config.layers }, (_, layer) => [
    [`past_key_values.${layer}.key`, empty()] as const,
    [`past_key_values.${layer}.value`, empty()] as const,
  ]).flat()
  const { logits } = await session.run({
    input_ids: matrix(rows.map(({ ids }) => ids)),
    attention_mask: matrix(rows.map(({ mask }) => Array.from({ length }, (_, i) => (i < length - mask ? 0 : 1)))),
    position_ids: matrix(rows.map(({ positions }) => positions)),
    ...Object.fromEntries(caches),
  })
  const all = (await logits!.getData()) as Float32Array
  const ofRow = (row: number, first: number) =>
    all.slice((row * length + first) * config.vocabulary, (row * length + first + tokens.length) * config.vocabulary)
  expect(relativeNormError(ofRow(0, 0), expected)).toBeLessThan(2e-6)
  expect(relativeNormError(ofRow(1, filled), expected)).toBeLessThan(2e-6)
  await session.release()
})

test('int8 linears are the bytes of our own blocks', async () => {
  const { bytes: float32 } = await both(tinyConfig, 'float32')
  const { bytes: int8 } = await both(tinyConfig, 'int8')
  expect(int8.byteLength).toBeLessThan(0.6 * float32.byteLength)
})
