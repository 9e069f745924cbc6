// Llama: RMSNorm, rotary positions, grouped-query attention, SwiGLU. It only records plans.
//
// The weights of a model are declared once for a precision; training, evaluation, prefill and decoding
// record different plans over the same tensors.
import { defined } from '../base/assert'
import { attention } from '../kernels/attention/attention'
import { cachedAttention } from '../kernels/attention/cachedAttention'
import { embed } from '../kernels/embed/embed'
import { appendToCache } from '../kernels/keyValueCache/keyValueCache'
import { linear, type LinearAdapter, type LinearWeight } from '../kernels/linear/linear'
import { residual } from '../kernels/residual/residual'
import { rmsNorm } from '../kernels/rmsNorm/rmsNorm'
import { rope } from '../kernels/rope/rope'
import type { RunInputs } from '../kernels/runInputs'
import { swiglu } from '../kernels/swiglu/swiglu'
import type { Plan } from '../plan/plan'
import { persistentTensor, type Tensor } from '../plan/tensor'
import { linearNames, linearShapes, type LinearName, type ModelConfig } from './config'
import type { LoraAdapter } from './lora'
import { BLOCK_SIZE } from './quantize'

export type Precision = 'float32' | 'int8'

export interface LlamaLayer {
  readonly inputNorm: Tensor
  readonly attentionNorm: Tensor
  readonly linears: Readonly<Record<LinearName, LinearWeight>>
}

export interface Llama {
  readonly config: ModelConfig
  readonly precision: Precision
  readonly embedding: Tensor
  readonly layers: readonly LlamaLayer[]
  readonly finalNorm: Tensor
  /** The embedding itself when the head is tied. */
  readonly head: LinearWeight
  /** [maxTokens, headWidth]: cosines, then sines. */
  readonly ropeTable: Tensor
}

/** Names the weights of a model. Embedding, head and norms stay float32; int8 is for the linears. */
export function declareLlama(config: ModelConfig, precision: Precision): Llama {
  const { width, vocabulary, headWidth, maxTokens } = config
  const weight = (name: string, shape: number[]) => persistentTensor(name, shape, { role: 'weights' })
  const shapes = linearShapes(config)
  const linearWeight = (name: string, outputs: number, inputs: number): LinearWeight => {
    if (precision === 'float32') return { kind: 'float32', weight: weight(name, [outputs, inputs]) }
    const scales = [outputs, Math.ceil(inputs / BLOCK_SIZE)]
    return {
      kind: 'int8',
      values: persistentTensor(`${name} int8`, [outputs, inputs], { role: 'weights', dtype: 'i8' }),
      scales: persistentTensor(`${name} scales`, scales, { role: 'weights', dtype: 'f16' }),
    }
  }
  const embedding = weight('embedding', [vocabulary, width])
  const layers = Array.from({ length: config.layers }, (_, layer) => ({
    inputNorm: weight(`layer ${layer} input norm`, [width]),
    attentionNorm: weight(`layer ${layer} attention norm`, [width]),
    linears: Object.fromEntries(
      linearNames.map((name) => [
        name,
        linearWeight(`layer ${layer} ${name}`, shapes[name].outputs, shapes[name].inputs),
      ]),
    ) as Record<LinearName, LinearWeight>,
  }))
  return {
    config,
    precision,
    embedding,
    layers,
    finalNorm: weight('final norm', [width]),
    head: { kind: 'float32', weight: config.hasTiedHead ? embedding : weight('head', [vocabulary, width]) },
    ropeTable: weight('rotary table', [maxTokens, headWidth]),
  }
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
  /** u32 [B * T] */
  readonly positions: Tensor
  readonly adapterUse: AdapterUse | null
}

/** Hidden states after the last norm, whole sequences at once: for training and evaluation. [B, T, C] */
export function llamaHidden(
  plan: Plan,
  model: Llama,
  { usesCheckpointing = false, ...options }: PassOptions & { usesCheckpointing?: boolean },
): Tensor {
  const { heads, keyValueHeads, headWidth } = model.config
  const [batch = 1, tokens = 1] = options.tokens.shape
  const attend: Attend = (_, q, k, v) => attention(plan, q, k, v, { batch, tokens, heads, keyValueHeads, headWidth })
  let x = embed(plan, options.tokens, model.embedding)
  for (const layer of model.layers.keys()) {
    const build = (input: Tensor) => block(plan, model, layer, input, attend, options)
    x = usesCheckpointing ? plan.checkpoint(x, build) : build(x)
  }
  return rmsNorm(plan, x, model.finalNorm, { epsilon: model.config.normEpsilon })
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
export function llamaContinue(
  plan: Plan,
  model: Llama,
  { cache, inputs, ...options }: PassOptions & { cache: KeyValueCache; inputs: RunInputs },
): Tensor {
  const { heads, keyValueHeads, headWidth } = model.config
  const attend: Attend = (layer, q, k, v) => {
    const keys = defined(cache.keys[layer], 'a key cache for each layer')
    const values = defined(cache.values[layer], 'a value cache for each layer')
    appendToCache(plan, k, keys, inputs)
    appendToCache(plan, v, values, inputs)
    return cachedAttention(plan, q, { keys, values, inputs, heads, keyValueHeads, headWidth })
  }
  let x = embed(plan, options.tokens, model.embedding)
  for (const layer of model.layers.keys()) x = block(plan, model, layer, x, attend, options)
  return rmsNorm(plan, x, model.finalNorm, { epsilon: model.config.normEpsilon })
}

type Attend = (layer: number, q: Tensor, k: Tensor, v: Tensor) => Tensor

function block(
  plan: Plan,
  model: Llama,
  layer: number,
  x: Tensor,
  attend: Attend,
  { positions, adapterUse }: PassOptions,
): Tensor {
  const { heads, keyValueHeads, headWidth, normEpsilon: epsilon } = model.config
  const { inputNorm, attentionNorm, linears } = defined(model.layers[layer], `layer ${layer}`)
  const project = (name: LinearName, input: Tensor) =>
    linear(plan, input, linears[name], {
      name: `layer ${layer} ${name}`,
      ...adapterOf(plan, adapterUse, layer, name),
    })
  const rotate = (input: Tensor, headCount: number) =>
    rope(plan, input, { positions, table: model.ropeTable, heads: headCount, headWidth })

  const normed = rmsNorm(plan, x, inputNorm, { epsilon })
  const q = rotate(project('q_proj', normed), heads)
  const k = rotate(project('k_proj', normed), keyValueHeads)
  const v = project('v_proj', normed)
  const attended = residual(plan, x, project('o_proj', attend(layer, q, k, v)))

  const inner = rmsNorm(plan, attended, attentionNorm, { epsilon })
  const gated = swiglu(plan, project('gate_proj', inner), project('up_proj', inner))
  return residual(plan, attended, project('down_proj', gated))
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
  const { scale } = use.adapter
  const dropout = { probability: use.dropout, stream: index, inputs: use.inputs }
  return { adapter: { a: pair.a, b: pair.b, scale, ...(use.dropout > 0 && plan.isTraining ? { dropout } : {}) } }
}
