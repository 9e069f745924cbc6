// The plans that continue a text: a block of prompt tokens, and one token at a time.
import { recordHeadForward } from '../kernels/crossEntropy/head'
import { makeRunInputs, type RunInputs } from '../kernels/runInputs'
import { selectRow } from '../kernels/selectRow/selectRow'
import { declareCache, modelContinue, type KeyValueCache, type Model } from '../models/model'
import type { LoraAdapter } from '../models/lora'
import { Plan } from '../plan/plan'
import { persistentTensor, type Tensor } from '../plan/tensor'

/** Prompt tokens in one prefill block; a shorter rest is padded, its surplus rows are overwritten later. */
export const PREFILL_TOKENS = 64

export interface ContinuationPlan {
  readonly plan: Plan
  /** u32 [1, M] */
  readonly tokens: Tensor
  /** u32 [1, M] */
  readonly positions: Tensor
}

export interface GenerationProgram {
  readonly prefill: ContinuationPlan
  readonly decode: ContinuationPlan
  /** f32 [V]: of the last real token */
  readonly logits: Tensor
  readonly inputs: RunInputs
  readonly cache: KeyValueCache
}

export function recordGeneration(model: Model, adapter: LoraAdapter | null, capacity: number): GenerationProgram {
  const { vocabulary } = model.config
  const inputs = makeRunInputs()
  const cache = declareCache(model.config, capacity)
  const logits = persistentTensor('logits', [1, vocabulary], { role: 'staging' })
  const record = (name: string, count: number): ContinuationPlan => {
    const plan = new Plan(name)
    const tokens = persistentTensor(`${name} tokens`, [1, count], { role: 'staging', dtype: 'u32' })
    const positions = persistentTensor(`${name} positions`, [1, count], { role: 'staging', dtype: 'u32' })
    const adapterUse = adapter && { adapter, dropout: 0, inputs }
    const hidden = modelContinue(plan, model, { tokens, positions, cache, inputs, adapterUse })
    const last = count === 1 ? hidden : selectRow(plan, hidden, inputs)
    recordHeadForward(plan, { x: last, head: model.head, logits })
    return { plan: plan.finish(), tokens, positions }
  }
  return { prefill: record('prefill', PREFILL_TOKENS), decode: record('decode', 1), logits, inputs, cache }
}

/** Tensors the program brings along, to free with it. The model's and the adapter's are their owners'. */
export function tensorsOfGeneration({ prefill, decode, logits, inputs, cache }: GenerationProgram): Tensor[] {
  const ends = [prefill, decode].flatMap(({ tokens, positions }) => [tokens, positions])
  return [...ends, logits, inputs.scalars, inputs.counters, inputs.metrics, ...cache.keys, ...cache.values]
}
