// A decoder of any family: token embedding, blocks, a last norm, a head. It only records plans.
//
// The weights of a model are declared once for a precision; training, evaluation, prefill and decoding
// record different plans over the same tensors. What a block computes is its family's, see families/.
import { defined } from '../base/assert'
import type { Head } from '../kernels/crossEntropy/head'
import { attention } from '../kernels/attention/attention'
import { cachedAttention } from '../kernels/attention/cachedAttention'
import { embed } from '../kernels/embed/embed'
import { appendToCache, rotateAndAppend } from '../kernels/keyValueCache/keyValueCache'
import { layerNorm } from '../kernels/layerNorm/layerNorm'
import { linearsOfInput } from '../kernels/linear/joined'
import { linear, type LinearAdapter } from '../kernels/linear/layer'
import type { LinearWeight } from '../kernels/linear/linear'
import { quantizeRows, type ActivationGroup, type QuantizedRows } from '../kernels/quantizeRows/quantizeRows'
import { residual } from '../kernels/residual/residual'
import { rmsNorm } from '../kernels/rmsNorm/rmsNorm'
import { rope, type RopeOptions } from '../kernels/rope/rope'
import type { RunInputs } from '../kernels/runInputs'
import type { Device } from '../plan/device'
import type { Plan } from '../plan/plan'
import type { Precision } from '../plan/precision'
import { MAX_BINDING_BYTES, persistentTensor, sizeBytes, slabTensor, type DType, type Tensor } from '../plan/tensor'
import { familyOf, linearNamesOf, linearsByInput, linearShape, type LinearName, type ModelConfig } from './config'
import type { LoraAdapter } from './lora'
import { BLOCK_SIZE } from './quantize'

export type { Precision } from '../plan/precision'

export interface Linear {
  readonly weight: LinearWeight
  readonly bias: Tensor | null
}

export interface Norm {
  readonly weight: Tensor
  /** null: the norm is an RMSNorm. */
  readonly bias: Tensor | null
}

export interface Layer {
  readonly linears: ReadonlyMap<LinearName, Linear>
  /** By their paths within the layer. */
  readonly norms: ReadonlyMap<string, Norm>
}

/** Where a row stands: rotations of queries and keys, or rows added to the embedding. */
export type Positions =
  /** [maxTokens, headWidth]: cosines, then sines. */
  | { readonly kind: 'rotary'; readonly table: Tensor }
  /** [maxTokens, C] */
  | { readonly kind: 'learned'; readonly table: Tensor }

export interface Model {
  readonly config: ModelConfig
  readonly precision: Precision
  /** [V, C], in parts by its rows. */
  readonly embedding: Head
  readonly positions: Positions
  readonly layers: readonly Layer[]
  readonly finalNorm: Norm
  /** The embedding itself when the head is tied. */
  readonly head: Head
  /** Where int8 linears take int8 activations too, with a scale for each of these; never in a plan that trains. */
  readonly int8Activations?: ActivationGroup | undefined
}

interface Entry {
  readonly name: string
  readonly shape: readonly number[]
}

interface MatrixPart {
  readonly name: string
  readonly outputs: number
}

export interface DeclareOptions {
  /** Rows of the embedding and the head in one buffer: by default what every device can bind. */
  readonly maxPartRows?: number
  /**
   * Linears of one input follow each other in one tensor, so that a dispatch can compute all of them: true unless said
   * otherwise. For devices that have dispatches.
   */
  readonly joinsLinears?: boolean
  /** A tensor that is there already, by the name of a weight. */
  readonly weightOf?: (name: string) => Tensor | undefined
  /**
   * Matrices, by the names that `loadWeights` gave, that stay float32 in a float16 model because halves end before their values
   * do, and with them those of the same input.
   */
  readonly beyondHalves?: ReadonlySet<string>
}

/** Kernels read halves four at a time, and int8 by the block. */
const columnMultiple: Readonly<Record<Precision, number>> = { float32: 1, float16: 4, int8: BLOCK_SIZE }
/** Scales are tensors of their own. */
const valueBytes: Readonly<Record<Precision, number>> = { float32: 4, float16: 2, int8: 1 }

/**
 * Names the weights of a model. float16 and int8 are for every matrix whose rows are whole fours or whole blocks, embedding
 * and head included; norms, biases and learned positions stay float32.
 */
export function declareModel(config: ModelConfig, precision: Precision, options: DeclareOptions = {}): Model {
  const { width, vocabulary, headWidth, maxTokens, linearsWithBias } = config
  const family = familyOf(config)
  const { joinsLinears = true } = options
  const weight = (name: string, shape: readonly number[]) =>
    options.weightOf?.(name) ?? persistentTensor(name, shape, { role: 'weights' })
  const norm = (name: string, columns: number): Norm => ({
    weight: weight(`${name} weight`, [columns]),
    bias: family.normKind === 'layer' ? weight(`${name} bias`, [columns]) : null,
  })
  /** Of matrices that may be computed together. */
  const kindOf = (parts: readonly { readonly name: string }[], inputs: number): Precision => {
    const isBeyond = parts.some(({ name }) => options.beyondHalves?.has(name))
    return inputs % columnMultiple[precision] === 0 && !isBeyond ? precision : 'float32'
  }
  /** Tensors that follow each other, where that is asked for and one binding holds them. */
  const sideBySide = (entries: readonly Entry[], dtype: DType): Tensor[] => {
    const bytes = entries.reduce((sum, { shape }) => sum + sizeBytes({ shape, dtype }), 0)
    if (entries.length > 1 && joinsLinears && bytes <= MAX_BINDING_BYTES) {
      return slabTensor(entries.map(({ name }) => name).join(', '), entries, { role: 'weights', dtype }).views
    }
    return entries.map(({ name, shape }) =>
      dtype === 'f32' ? weight(name, shape) : persistentTensor(name, shape, { role: 'weights', dtype }),
    )
  }
  const matrices = (parts: readonly MatrixPart[], inputs: number, kind = kindOf(parts, inputs)): LinearWeight[] => {
    const declare = (suffix: string, columns: number, dtype: DType) =>
      sideBySide(
        parts.map(({ name, outputs }) => ({ name: `${name}${suffix}`, shape: [outputs, columns] })),
        dtype,
      )
    if (kind !== 'int8') {
      return declare('', inputs, kind === 'float16' ? 'f16' : 'f32').map((tensor) => ({ kind, weight: tensor }))
    }
    const scales = declare(' scales', inputs / BLOCK_SIZE, 'f16')
    return declare(' int8', inputs, 'i8').map((values, index) => {
      return { kind, values, scales: defined(scales[index], 'scales for each matrix') }
    })
  }
  const table = (name: string) => {
    const kind = kindOf([{ name }], width)
    const maxRows = options.maxPartRows ?? maxPartRows(valueBytes[kind] * width)
    return partsOf(vocabulary, maxRows).flatMap(({ first, count }) =>
      matrices([{ name: first === 0 ? name : `${name} from row ${first}`, outputs: count }], width, kind),
    )
  }
  const embedding = table('embedding')
  const layers = Array.from({ length: config.layers }, (_, layer): Layer => {
    const declared = linearsByInput(config).flatMap((names) => {
      const parts = names.map((name) => ({ name: `layer ${layer} ${name}`, ...linearShape(config, name) }))
      const weights = matrices(parts, parts[0]?.inputs ?? 1)
      const biased = parts.filter((_, index) => linearsWithBias.includes(defined(names[index], 'a name')))
      const biasEntries = biased.map(({ name, outputs }) => ({ name: `${name} bias`, shape: [outputs] }))
      const biases = new Map(sideBySide(biasEntries, 'f32').map((bias) => [bias.name, bias]))
      return names.map((name, index) => {
        const own = { weight: defined(weights[index], name), bias: biases.get(`layer ${layer} ${name} bias`) ?? null }
        return [name, own] as const
      })
    })
    const byName = new Map(declared)
    const linears = linearNamesOf(config).map((name) => [name, defined(byName.get(name), name)] as const)
    const norms = family.norms.map(({ path, width: columns }) => {
      return [path, norm(`layer ${layer} ${path}`, columns(config))] as const
    })
    return { linears: new Map(linears), norms: new Map(norms) }
  })
  return {
    config,
    precision,
    embedding,
    positions: config.rope
      ? { kind: 'rotary', table: weight('rotary table', [maxTokens, headWidth]) }
      : { kind: 'learned', table: weight('position embedding', [maxTokens, width]) },
    layers,
    finalNorm: norm('final norm', width),
    head: config.hasTiedHead ? embedding : table('head'),
  }
}

/** For the processor, where a buffer has no limit and a step no price of its own. */
export function separateTensors(config: ModelConfig): DeclareOptions {
  return { maxPartRows: config.vocabulary, joinsLinears: false }
}

/** How a model's tensors lie on this device. */
export function layoutOn({ needsParts }: Pick<Device, 'needsParts'>, config: ModelConfig): DeclareOptions {
  return needsParts ? {} : separateTensors(config)
}

/** A plan is the same on every device. */
export const MAX_PART_BYTES = MAX_BINDING_BYTES

/** Parts begin where rows of logits can be read as vectors of 4, and bytes at a view's alignment. */
const PART_ROW_MULTIPLE = 64

function maxPartRows(rowBytes: number): number {
  return Math.max(1, Math.floor(MAX_PART_BYTES / (rowBytes * PART_ROW_MULTIPLE))) * PART_ROW_MULTIPLE
}

function partsOf(rows: number, maxRows: number): { first: number; count: number }[] {
  return Array.from({ length: Math.ceil(rows / maxRows) }, (_, index) => {
    const first = index * maxRows
    return { first, count: Math.min(maxRows, rows - first) }
  })
}

/** Every persistent tensor of a model, for those who place and free them. */
export function tensorsOfModel({ embedding, positions, layers, finalNorm, head }: Model): Tensor[] {
  const ofNorm = ({ weight, bias }: Norm) => (bias ? [weight, bias] : [weight])
  const ofLinear = ({ weight, bias }: Linear) => [...tensorsOfLinear(weight), ...(bias ? [bias] : [])]
  const all = [
    ...embedding.flatMap(tensorsOfLinear),
    positions.table,
    ...layers.flatMap(({ linears, norms }) => [
      ...[...norms.values()].flatMap(ofNorm),
      ...[...linears.values()].flatMap(ofLinear),
    ]),
    ...ofNorm(finalNorm),
    ...head.flatMap(tensorsOfLinear),
  ]
  return [...new Set(all)] // a tied head is the embedding
}

export function tensorsOfLinear(weight: LinearWeight): Tensor[] {
  return weight.kind === 'int8' ? [weight.values, weight.scales] : [weight.weight]
}

/** How a pass sees the adapter: which one, and how much of its input is dropped while training. */
export interface AdapterUse {
  readonly adapter: LoraAdapter
  readonly dropout: number
  readonly inputs: RunInputs
}

export interface PassOptions {
  /** u32 [B, T] */
  readonly tokens: Tensor
  /** u32 [B * T]: where each row stands in its text, 0 at its start. Rows see no other text. */
  readonly positions: Tensor
  readonly adapterUse: AdapterUse | null
}

/** Hidden states after the last norm, whole sequences at once: for training and evaluation. [B, T, C] */
export function modelHidden(
  plan: Plan,
  model: Model,
  { usesCheckpointing = false, ...options }: PassOptions & { usesCheckpointing?: boolean },
): Tensor {
  const { heads, keyValueHeads, headWidth } = model.config
  const [batch = 1, tokens = 1] = options.tokens.shape
  const { positions } = options
  const rotation = rotationOf(model, positions)
  const attend: Attend = (_, q, k, v) => {
    const [rotatedQ, rotatedK] = rotation ? rope(plan, q, k, rotation) : [q, k]
    return attention(plan, rotatedQ, rotatedK, v, { positions, batch, tokens, heads, keyValueHeads, headWidth })
  }
  let x = embedTokens(plan, model, options)
  for (const layer of model.layers.keys()) {
    const build = (input: Tensor) => block(plan, model, layer, input, attend, options)
    x = usesCheckpointing ? plan.checkpoint(x, build) : build(x)
  }
  return normalize(plan, x, model.finalNorm, model.config)
}

export interface KeyValueCache {
  readonly capacity: number
  /** [capacity, K * D] for each layer */
  readonly keys: readonly Tensor[]
  readonly values: readonly Tensor[]
}

export function declareCache({ layers, keyValueHeads, headWidth }: ModelConfig, capacity: number): KeyValueCache {
  const one = (name: string) => (_: unknown, layer: number) =>
    persistentTensor(`layer ${layer} ${name}`, [capacity, keyValueHeads * headWidth], { role: 'cache' })
  return {
    capacity,
    keys: Array.from({ length: layers }, one('key cache')),
    values: Array.from({ length: layers }, one('value cache')),
  }
}

/** Hidden states of new tokens that continue what the cache holds: for generation. tokens [1, M] -> [1, M, C] */
export function modelContinue(
  plan: Plan,
  model: Model,
  { cache, inputs, ...options }: PassOptions & { cache: KeyValueCache; inputs: RunInputs },
): Tensor {
  const { heads, keyValueHeads, headWidth } = model.config
  const rotation = rotationOf(model, options.positions)
  const attend: Attend = (layer, q, k, v) => {
    const keys = defined(cache.keys[layer], 'a key cache for each layer')
    const values = defined(cache.values[layer], 'a value cache for each layer')
    const seen = { keys, values, inputs, heads, keyValueHeads, headWidth }
    if (rotation) return cachedAttention(plan, rotateAndAppend(plan, { q, k, v }, { keys, values }, rotation), seen)
    appendToCache(plan, { k, v }, { keys, values }, inputs)
    return cachedAttention(plan, q, seen)
  }
  let x = embedTokens(plan, model, options)
  for (const layer of model.layers.keys()) x = block(plan, model, layer, x, attend, options)
  return normalize(plan, x, model.finalNorm, model.config)
}

type Attend = (layer: number, q: Tensor, k: Tensor, v: Tensor) => Tensor

/** How queries and keys are rotated, in a model that has rotary positions. */
function rotationOf({ config, positions: ofModel }: Model, positions: Tensor): RopeOptions | null {
  const { heads, keyValueHeads, headWidth } = config
  return ofModel.kind === 'rotary' ? { positions, table: ofModel.table, heads, keyValueHeads, headWidth } : null
}

function embedTokens(plan: Plan, { embedding, positions }: Model, options: PassOptions): Tensor {
  const x = embed(plan, options.tokens, embedding)
  return positions.kind === 'learned'
    ? residual(plan, x, embed(plan, options.positions, [{ kind: 'float32', weight: positions.table }]))
    : x
}

function block(
  plan: Plan,
  model: Model,
  layer: number,
  x: Tensor,
  attend: Attend,
  { adapterUse }: PassOptions,
): Tensor {
  const { config, int8Activations } = model
  const quantizeInput = int8Activations && !plan.isTraining ? quantizeOnce(plan, int8Activations) : undefined
  const { linears, norms } = defined(model.layers[layer], `layer ${layer}`)
  const partOf = (name: LinearName) => {
    const { weight, bias } = defined(linears.get(name), name)
    const own = { name: `layer ${layer} ${name}`, weight, bias: bias ?? undefined }
    return { ...own, ...adapterOf(plan, adapterUse, layer, name) }
  }
  return familyOf(config).block(
    {
      plan,
      config,
      norm: (path, input) => normalize(plan, input, defined(norms.get(path), path), config),
      linear: (name, input, { plus } = {}) => {
        const { weight, ...options } = partOf(name)
        return linear(plan, input, weight, { ...options, residual: plus, quantizeInput })
      },
      linears: (names, input) => {
        const inOrder = linearsByInput(config)
          .flat()
          .filter((name) => names.includes(name))
        const outputs = linearsOfInput(plan, input, inOrder.map(partOf), { quantizeInput })
        const outputOf = (name: LinearName) => defined(outputs[inOrder.indexOf(name)], name)
        return names.map(outputOf) as { [K in keyof typeof names]: Tensor } // mapped one to one
      },
      attend: (q, k, v) => attend(layer, q, k, v),
    },
    x,
  )
}

/** Linears of one input, such as q, k and v, share its int8 form. */
function quantizeOnce(plan: Plan, group: ActivationGroup): (x: Tensor) => QuantizedRows {
  const known = new Map<Tensor, QuantizedRows>()
  return (x) => {
    const quantized = known.get(x) ?? quantizeRows(plan, x, group)
    known.set(x, quantized)
    return quantized
  }
}

function normalize(plan: Plan, x: Tensor, { weight, bias }: Norm, { normEpsilon: epsilon }: ModelConfig): Tensor {
  return bias ? layerNorm(plan, x, weight, { bias, epsilon }) : rmsNorm(plan, x, weight, { epsilon })
}

function adapterOf(
  plan: Plan,
  use: AdapterUse | null,
  layer: number,
  linearName: LinearName,
): { adapter?: LinearAdapter } {
  const index = use?.adapter.pairs.findIndex((pair) => pair.layer === layer && pair.linear === linearName) ?? -1
  const pair = use?.adapter.pairs[index]
  if (!use || !pair) return {}
  if (plan.isTraining && !plan.hasGradient(pair.a)) {
    plan.setGradient(pair.a, pair.dA)
    plan.setGradient(pair.b, pair.dB)
  }
  const { a, b, scale } = pair
  const dropout = { probability: use.dropout, stream: index, inputs: use.inputs }
  return { adapter: { a, b, scale, ...(use.dropout > 0 && plan.isTraining ? { dropout } : {}) } }
}
