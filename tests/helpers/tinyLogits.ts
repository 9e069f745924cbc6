// The logits of a tiny random model with an adapter, on the reference executor.
import { defined } from '../../src/base/assert'
import type { ModelConfig } from '../../src/models/config'
import { declareModel, type Model } from '../../src/models/model'
import type { LoraAdapter } from '../../src/models/lora'
import { loadWeights, type ReadWeight } from '../../src/models/weights'
import { ReferenceExecutor } from '../../src/reference/executor'
import { recordProbe } from '../../src/training/probe'
import { loadRandomModel, writeRandomBatch } from './tinyModel'

/** The tensors that a random model is loaded from, by name. */
export async function tinyWeights(config: ModelConfig): Promise<ReadonlyMap<string, Float32Array>> {
  const weights = new Map<string, Float32Array>()
  await loadRandomModel(() => {}, config, 'float32', { onRead: (name, values) => weights.set(name, values) })
  return weights
}

export interface TinyBench {
  readonly model: Model
  readonly executor: ReferenceExecutor
}

/** A model of these weights on an executor of its own. */
export async function tinyBench(config: ModelConfig, read: ReadWeight): Promise<TinyBench> {
  const executor = new ReferenceExecutor()
  const model = declareModel(config, 'float32')
  await loadWeights(model, read, (tensor, data) => executor.write(tensor, data))
  return { model, executor }
}

/** [9, V], after random tokens that are always the same. */
export async function tinyLogits(
  { model, executor }: TinyBench,
  own: { readonly adapter: LoraAdapter; readonly parameters: Float32Array } | null,
): Promise<Float32Array> {
  if (own) executor.write(own.adapter.parameters, own.parameters)
  const { plan, batch, logits } = recordProbe(model, own?.adapter ?? null, { sequenceLength: 9, sequences: [] })
  writeRandomBatch((tensor, data) => executor.write(tensor, data), batch, model.config.vocabulary)
  executor.run(plan)
  return new Float32Array(await executor.read(logits))
}

/** What an adapter adds to one weight: scale B A. a: [rank, inputs], b: [outputs, rank]. */
export interface Delta {
  readonly path: string
  readonly rank: number
  readonly scale: number
  readonly a: Float32Array
  readonly b: Float32Array
}

/** The weights with what the deltas add, in float64. GPT-2's files hold them [inputs, outputs]. */
export function withDeltas(
  weights: ReadonlyMap<string, Float32Array>,
  deltas: readonly Delta[],
  { isTransposed = false } = {},
): ReadWeight {
  const sums = new Map([...weights].map(([name, values]) => [name, Float64Array.from(values)]))
  for (const { path, rank, scale, a, b } of deltas) {
    const values = defined(sums.get(`${path}.weight`), path)
    const [inputs, outputs] = [a.length / rank, b.length / rank]
    for (let n = 0; n < outputs; n++) {
      for (let k = 0; k < inputs; k++) {
        let sum = 0
        for (let r = 0; r < rank; r++) sum += b[n * rank + r]! * a[r * inputs + k]!
        values[isTransposed ? k * outputs + n : n * inputs + k]! += scale * sum
      }
    }
  }
  return (name) => Promise.resolve(Float32Array.from(defined(sums.get(name), name)))
}
