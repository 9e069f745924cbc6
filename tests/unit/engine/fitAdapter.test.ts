// Adapters against the shapes of a model: the cases of the malformed adapters that need one.
import { expect, test } from 'vitest'
import { peftFiles, readPeftAdapter } from '../../../src/adapters/peft'
import { AppError } from '../../../src/base/errors'
import { fitAdapter } from '../../../src/engine/adapterOnHost'
import { tinyConfig } from '../../helpers/tinyModel'

interface Pair {
  readonly layer?: number
  readonly linear?: string
  readonly inputs?: number
  readonly outputs?: number
}

/** q_proj is [96, 32] in this model. */
const pair = ({ layer = 0, linear = 'self_attn.q_proj', inputs = 32, outputs = 96 }: Pair = {}) => {
  const path = `model.layers.${layer}.${linear}`
  return [
    { name: `${path}.lora_A`, shape: [2, inputs], data: new Float32Array(2 * inputs).fill(1) },
    { name: `${path}.lora_B`, shape: [outputs, 2], data: new Float32Array(outputs * 2).fill(1) },
  ]
}
const both = [...pair(), ...pair({ layer: 1 })]

async function outcome(tensors: ReturnType<typeof pair>): Promise<string> {
  const targets = [...new Set(tensors.map(({ name }) => name.split('.').at(-2) ?? ''))]
  const files = peftFiles({
    rank: 2,
    alpha: 4,
    useRsLora: false,
    fanInFanOut: false,
    dropout: 0,
    targets,
    baseModel: 'tiny',
    tensors,
    metadata: {},
  })
  const peft = await readPeftAdapter(files)
  try {
    return fitAdapter(tinyConfig, peft).settings.targets.join()
  } catch (thrown) {
    if (thrown instanceof AppError) return `${thrown.code}: ${String(thrown.details['what'])}`
    throw thrown
  }
}

test.each([
  ['every layer', both, /^q_proj$/],
  [
    'D27 other inputs',
    [...pair({ inputs: 64 }), ...pair({ layer: 1 })],
    /^adapter\/wrong-base: .*\[2, 64\].*\[2, 32\]/,
  ],
  ['D27 other outputs', [...both.slice(0, 2), ...pair({ layer: 1, outputs: 32 })], /^adapter\/wrong-base: .*\[32, 2\]/],
  ['D28 layer 999 besides', [...both, ...pair({ layer: 999 })], /^adapter\/wrong-base: .*layers\.999/],
  ['D28 layer 999 alone', pair({ layer: 999 }), /^adapter\/wrong-base: .*layers\.999/],
  ['a layer without', pair(), /^adapter\/wrong-base: it has no .*layers\.1/],
  ['a linear of another family', [...both, ...pair({ linear: 'attn.c_attn' })], /^adapter\/wrong-base: .*c_attn/],
] as const)('%s', async (_, tensors, expected) => {
  expect(await outcome([...tensors])).toMatch(expected)
})
