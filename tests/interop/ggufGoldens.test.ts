// GGUF files that the gguf package wrote (make_gguf.py), read as a person's file is, against the checkpoints
// and the tokenizer.json that they were made from.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AppError } from '../../src/base/errors'
import { floatsToHalves, halvesToFloats } from '../../src/base/float16'
import { openModelFiles } from '../../src/engine/modelFiles/modelFiles'
import { tokenizerOfGguf } from '../../src/engine/modelFiles/ggufTokenizer'
import { bytesSource } from '../../src/formats/fileSource'
import { readGgufHeader } from '../../src/formats/gguf'
import { readSafetensorsHeader, readTensor, toFloat32 } from '../../src/formats/safetensors'
import { familyOf, linearPath, linearShape, readModelConfig } from '../../src/models/config'
import { BLOCK_SIZE, dequantizeBlocks, quantizeBlocks } from '../../src/models/quantize'
import { ropeFrequencies } from '../../src/models/ropeFrequencies'
import { goldensFolder, readGoldenFile } from '../helpers/goldenFiles'

const gguf = async (name: string) => bytesSource(await readGoldenFile(`gguf/${name}.gguf`), `${name}.gguf`)
const json = (path: string): unknown => JSON.parse(readFileSync(join(goldensFolder, path), 'utf8'))

/** Every tensor of a golden's checkpoint. */
async function checkpoint(name: string) {
  const source = bytesSource(await readGoldenFile(`${name}/model.safetensors`), 'model.safetensors')
  const header = await readSafetensorsHeader(source)
  const tensors = [...header.tensors.values()]
  return Promise.all(
    tensors.map(async ({ name: tensor, shape }) => {
      return { tensor, shape, values: toFloat32(await readTensor(source, header, tensor)) }
    }),
  )
}

const inHalf = (values: Float32Array) => halvesToFloats(floatsToHalves(values))

describe.each(['llama-linear', 'llama-rope3', 'llama-int8', 'qwen2', 'qwen3', 'gpt2', 'gpt2-int8'])('%s', (name) => {
  test('has the shape that config.json gives it', async () => {
    const { rope: expectedRope, ...expected } = readModelConfig(json(`${name}/config.json`))
    const { rope, ...config } = readModelConfig((await openModelFiles([await gguf(name)])).config)
    // The epsilon and theta are float32 in the file.
    expect({ ...config, normEpsilon: Math.fround(config.normEpsilon) }).toEqual({
      ...expected,
      normEpsilon: Math.fround(expected.normEpsilon),
    })
    if (!expectedRope || !rope) return expect(rope).toBe(expectedRope)
    const frequencies = ropeFrequencies(config.headWidth, rope)
    ropeFrequencies(config.headWidth, expectedRope).forEach((frequency, i) => {
      // Llama 3's factors are computed and stored in float32: each operation moves them by 2^-24, a few are made.
      expect(Math.abs((frequencies[i] ?? 0) / frequency - 1)).toBeLessThan(2 ** -20)
    })
  })

  test('has the tensors of the checkpoint, each row where it was', async () => {
    const { weights } = await openModelFiles([await gguf(name)])
    for (const { tensor, shape, values } of await checkpoint(name)) {
      expect(weights.shapeOf(tensor), tensor).toEqual(shape)
      const read = await weights.float32(tensor)
      if (shape.length === 1) expect(read, tensor).toEqual(values)
      else if (!name.endsWith('int8')) expect(read, tensor).toEqual(inHalf(values))
    }
  })
})

describe.each(['llama-int8', 'gpt2-int8'])('%s', (name) => {
  test('has the int8 blocks that our own quantization gives', async () => {
    const { weights } = await openModelFiles([await gguf(name)])
    const config = readModelConfig(json(`${name}/config.json`))
    const { isTransposed, linears } = familyOf(config)
    const values = new Map((await checkpoint(name)).map((entry) => [entry.tensor, entry.values]))
    let compared = 0
    for (let layer = 0; layer < config.layers; layer++) {
      for (const { name: linear } of linears) {
        const tensor = `${linearPath(config, layer, linear)}.weight`
        const { inputs, outputs } = linearShape(config, linear)
        const stored = values.get(tensor) ?? new Float32Array()
        const rows = isTransposed ? transposed(stored, inputs, outputs) : stored
        const blocks = await weights.blocks(tensor)
        if (inputs % BLOCK_SIZE !== 0) expect(blocks).toBeNull()
        else {
          const expected = quantizeBlocks(rows, outputs, inputs)
          expect(blocks, tensor).toEqual({ shape: [outputs, inputs], ...expected })
          const floats = await weights.float32(tensor)
          expect(isTransposed ? transposed(floats, inputs, outputs) : floats).toEqual(dequantizeBlocks(expected))
          compared++
        }
      }
    }
    expect(compared).toBeGreaterThan(0)
  })
})

test('no change of a few bytes of a header makes anything but an AppError', async () => {
  const whole = await readGoldenFile('gguf/llama-rope3.gguf')
  const { tensors } = await readGgufHeader(bytesSource(whole, 'model.gguf'))
  const headerBytes = Math.min(...[...tensors.values()].map(({ offset }) => offset))
  const change = fc.record({ at: fc.nat(headerBytes - 1), byte: fc.oneof(fc.nat(255), fc.constantFrom(0, 127, 255)) })
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
      const bytes = whole.slice()
      for (const { at, byte } of changes) bytes[at] = byte
      try {
        const { weights } = await openModelFiles([bytesSource(bytes, 'model.gguf')])
        for (const layer of [0, 1]) await weights.float32(`model.layers.${layer}.self_attn.k_proj.weight`)
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(AppError)
      }
    }),
    { numRuns: 3000, seed: 17 },
  )
})

function transposed(values: Float32Array, rows: number, columns: number): Float32Array {
  return values.map((_, i) => values[(i % rows) * columns + Math.floor(i / rows)] ?? 0)
}

interface TokenizerJson {
  readonly added_tokens: readonly { readonly id: number; readonly content: string }[]
  readonly model: {
    readonly vocab: Readonly<Record<string, number>>
    readonly merges: readonly (string | readonly string[])[]
  }
}

/** What the fields of a tokenizer's model are where they are missing. */
const modelDefaults = {
  dropout: null,
  unk_token: null,
  continuing_subword_prefix: null,
  end_of_word_suffix: null,
  fuse_unk: false,
  byte_fallback: false,
  ignore_merges: false,
}

/** With added tokens in the vocabulary, where a GGUF file has all of them. */
const modelOf = ({ added_tokens: added, model }: TokenizerJson) => ({
  ...modelDefaults,
  ...model,
  vocab: { ...model.vocab, ...Object.fromEntries(added.map(({ id, content }) => [content, id])) },
  merges: model.merges.map((merge) => (typeof merge === 'string' ? merge.split(' ') : merge)),
})

test.each(['gpt-2', 'smollm', 'llama-bpe', 'qwen2', 'llama'])(
  'the tokenizer %s is what it was made from',
  async (name) => {
    const expected = json(`gguf/tokenizer-${name}.json`) as TokenizerJson
    const { tokenizer } = tokenizerOfGguf(await readGgufHeader(await gguf(`tokenizer-${name}`)))
    expect(modelOf(tokenizer as unknown as TokenizerJson)).toEqual(modelOf(expected))
    const { added_tokens, normalizer, pre_tokenizer, decoder } = expected as unknown as Record<string, unknown>
    // A byte-level decoder has options too, but uses none of them.
    const used = name === 'llama' ? decoder : { type: 'ByteLevel' }
    expect(tokenizer).toMatchObject({ added_tokens, normalizer, pre_tokenizer, decoder: used })
  },
)
