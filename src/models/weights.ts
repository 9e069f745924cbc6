// Moves a model's weights from a file to an executor, one tensor at a time: the peak is the model plus one.
import { ropeTable } from '../kernels/rope/ropeTable'
import { matrixOf, type LinearWeight } from '../kernels/linear/linear'
import { elementCount, type Tensor } from '../plan/tensor'
import { defined } from '../base/assert'
import { familyOf, linearPath, type ModelConfig } from './config'
import type { Model, Norm } from './model'
import { BLOCK_SIZE, quantizeBlocks, roundToHalves, type QuantizedWeight } from './quantize'
import { ropeFrequencies } from './ropeFrequencies'

/** Reads a named tensor as float32, refusing any other shape than the given one. */
export type ReadWeight = (name: string, shape: readonly number[]) => Promise<Float32Array>

/** The int8 blocks of a matrix where the file already holds them, else null. */
export type ReadBlocks = (name: string, shape: readonly number[]) => Promise<QuantizedWeight | null>

export type WriteWeight = (tensor: Tensor, data: ArrayBufferView) => void

/** Every tensor of a checkpoint of this model, by its name there. `loadWeights` asks for these, in another order. */
export function storedWeights(config: ModelConfig): { readonly name: string; readonly shape: readonly number[] }[] {
  const { modules, normKind, isTransposed, linears, norms } = familyOf(config)
  const { width, vocabulary, maxTokens } = config
  const norm = (path: string, columns: number) => [
    { name: `${path}.weight`, shape: [columns] },
    ...(normKind === 'layer' ? [{ name: `${path}.bias`, shape: [columns] }] : []),
  ]
  const layers = Array.from({ length: config.layers }, (_, layer) => [
    ...norms.flatMap((one) => norm(`${modules.layers}.${layer}.${one.path}`, one.width(config))),
    ...linears.flatMap(({ name, shape }) => {
      const { inputs, outputs } = shape(config)
      const path = linearPath(config, layer, name)
      return [
        { name: `${path}.weight`, shape: isTransposed ? [inputs, outputs] : [outputs, inputs] },
        ...(config.linearsWithBias.includes(name) ? [{ name: `${path}.bias`, shape: [outputs] }] : []),
      ]
    }),
  ])
  return [
    { name: `${modules.embedding}.weight`, shape: [vocabulary, width] },
    ...(config.rope ? [] : [{ name: `${defined(modules.positions, 'positions')}.weight`, shape: [maxTokens, width] }]),
    ...layers.flat(),
    ...norm(modules.finalNorm, width),
    ...(config.hasTiedHead ? [] : [{ name: 'lm_head.weight', shape: [vocabulary, width] }]),
  ]
}

/**
 * Tensors are asked for by the names of Hugging Face's checkpoints, in the order of the layers. Returns the float16
 * matrices, by the names of their (first) tensors, that halves cannot hold: those want to be declared float32.
 */
export async function loadWeights(
  model: Model,
  read: ReadWeight,
  write: WriteWeight,
  readBlocks: ReadBlocks = () => Promise.resolve(null),
): Promise<ReadonlySet<string>> {
  const { config, embedding, positions, layers, finalNorm, head } = model
  const { modules, isTransposed } = familyOf(config)
  const beyondHalves = new Set<string>()
  const writeMatrix = (weight: LinearWeight, floats: Float32Array, whole = weight) => {
    if (weight.kind === 'float32') return write(weight.weight, floats)
    if (weight.kind === 'int8') {
      const [rows = 1, columns = 1] = weight.values.shape
      return writeBlocks(weight, quantizeBlocks(floats, rows, columns), write)
    }
    const halves = roundToHalves(floats)
    if (halves) write(weight.weight, halves)
    else beyondHalves.add(matrixOf(whole).name)
  }
  const plain = async (name: string, tensor: Tensor) => write(tensor, await read(name, tensor.shape))
  const norm = async (path: string, { weight, bias }: Norm) => {
    await plain(`${path}.weight`, weight)
    if (bias) await plain(`${path}.bias`, bias)
  }

  /** A large matrix in parts by its rows, of which one is quantized at a time. */
  const table = async (name: string, parts: readonly LinearWeight[]) => {
    const { vocabulary, width } = config
    const blocks = parts[0]?.kind === 'int8' ? await readBlocks(name, [vocabulary, width]) : null
    const floats = blocks ? null : await read(name, [vocabulary, width])
    let first = 0
    for (const part of parts) {
      const [count = 0] = matrixOf(part).shape
      const rowsOf = (perRow: number) => [first * perRow, (first + count) * perRow] as const
      if (floats) writeMatrix(part, floats.subarray(...rowsOf(width)), parts[0])
      else if (blocks && part.kind === 'int8') {
        const values = blocks.values.subarray(...rowsOf(width))
        const scales = blocks.scales.subarray(...rowsOf(width / BLOCK_SIZE))
        writeBlocks(part, { values, scales }, write)
      }
      first += count
    }
  }

  await table(`${modules.embedding}.weight`, embedding)
  if (positions.kind === 'learned') await plain(`${defined(modules.positions, 'positions')}.weight`, positions.table)
  for (const [layer, { linears, norms }] of layers.entries()) {
    for (const [path, part] of norms) await norm(`${modules.layers}.${layer}.${path}`, part)
    for (const [name, { weight, bias }] of linears) {
      const path = linearPath(config, layer, name)
      const [outputs = 1, inputs = 1] = matrixOf(weight).shape
      const blocks = weight.kind === 'int8' ? await readBlocks(`${path}.weight`, [outputs, inputs]) : null
      if (weight.kind === 'int8' && blocks) writeBlocks(weight, blocks, write)
      else {
        const values = isTransposed
          ? transpose(await read(`${path}.weight`, [inputs, outputs]), inputs, outputs)
          : await read(`${path}.weight`, [outputs, inputs])
        writeMatrix(weight, values)
      }
      if (bias) await plain(`${path}.bias`, bias)
    }
  }
  await norm(modules.finalNorm, finalNorm)
  if (!config.hasTiedHead) await table('lm_head.weight', head)

  if (config.rope) {
    const frequencies = ropeFrequencies(config.headWidth, config.rope)
    write(positions.table, ropeTable(config.maxTokens, frequencies))
  }
  return beyondHalves
}

type Int8Weight = Extract<LinearWeight, { kind: 'int8' }>

function writeBlocks(weight: Int8Weight, { values, scales }: QuantizedWeight, write: WriteWeight): void {
  write(weight.values, values)
  write(weight.scales, evenLength(scales, elementCount(weight.scales)))
}

/** [rows, columns] -> [columns, rows] */
export function transpose(values: Float32Array, rows: number, columns: number): Float32Array {
  const turned = new Float32Array(values.length)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) turned[column * rows + row] = values[row * columns + column]!
  }
  return turned
}

/** Copies to the GPU are whole words: an odd number of halves gets one more. */
function evenLength(halves: Uint16Array, count: number): Uint16Array {
  if (count % 2 === 0) return halves
  const padded = new Uint16Array(count + 1)
  padded.set(halves)
  return padded
}
