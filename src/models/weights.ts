// Moves a model's weights from a file to an executor, one tensor at a time: the peak is the model plus one.
import { ropeTable } from '../kernels/rope/ropeTable'
import type { LinearWeight } from '../kernels/linear/linear'
import { elementCount, type Tensor } from '../plan/tensor'
import { linearNames, linearParent, type LinearName } from './config'
import type { Llama } from './llama'
import { quantizeBlocks } from './quantize'

/** Reads a named tensor as float32, refusing any other shape than the given one. */
export type ReadWeight = (name: string, shape: readonly number[]) => Promise<Float32Array>

export type WriteWeight = (tensor: Tensor, data: ArrayBufferView) => void

/** Names as in Hugging Face's Llama checkpoints. The only renaming place. */
export async function loadLlama(model: Llama, read: ReadWeight, write: WriteWeight): Promise<void> {
  const { config } = model
  const plain = async (name: string, tensor: Tensor) => write(tensor, await read(name, tensor.shape))
  await plain('model.embed_tokens.weight', model.embedding)
  if (!config.hasTiedHead) await linear('lm_head.weight', model.head, read, write)
  for (const [layer, { inputNorm, attentionNorm, linears }] of model.layers.entries()) {
    const prefix = `model.layers.${layer}`
    await plain(`${prefix}.input_layernorm.weight`, inputNorm)
    await plain(`${prefix}.post_attention_layernorm.weight`, attentionNorm)
    for (const name of linearNames) await linear(`${linearPath(layer, name)}.weight`, linears[name], read, write)
  }
  await plain('model.norm.weight', model.finalNorm)
  write(model.ropeTable, ropeTable(config.maxTokens, config.headWidth, config.ropeTheta))
}

/** `model.layers.0.self_attn.q_proj`, the name both checkpoints and PEFT adapters build on. */
export function linearPath(layer: number, name: LinearName): string {
  return `model.layers.${layer}.${linearParent[name]}.${name}`
}

/** Every persistent tensor of a model, for those who free them. */
export function tensorsOfLlama(model: Llama): Tensor[] {
  return [
    model.embedding,
    model.finalNorm,
    model.ropeTable,
    ...tensorsOfLinear(model.head),
    ...model.layers.flatMap(({ inputNorm, attentionNorm, linears }) => [
      inputNorm,
      attentionNorm,
      ...Object.values(linears).flatMap(tensorsOfLinear),
    ]),
  ]
}

export function tensorsOfLinear(weight: LinearWeight): Tensor[] {
  return weight.kind === 'float32' ? [weight.weight] : [weight.values, weight.scales]
}

async function linear(name: string, weight: LinearWeight, read: ReadWeight, write: WriteWeight): Promise<void> {
  if (weight.kind === 'float32') return write(weight.weight, await read(name, weight.weight.shape))
  const { shape } = weight.values
  const [rows = 1, columns = 1] = shape
  const { values, scales } = quantizeBlocks(await read(name, shape), rows, columns)
  write(weight.values, values)
  write(weight.scales, evenLength(scales, elementCount(weight.scales)))
}

/** Copies to the GPU are whole words: an odd number of halves gets one more. */
function evenLength(halves: Uint16Array, count: number): Uint16Array {
  if (count % 2 === 0) return halves
  const padded = new Uint16Array(count + 1)
  padded.set(halves)
  return padded
}
