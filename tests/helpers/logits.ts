// The logits of a model after each of a few tokens, by our own plan on any executor.
import { recordHeadForward } from '../../src/kernels/crossEntropy/head'
import type { ModelConfig } from '../../src/models/config'
import { declareModel, modelHidden, type Model, type Precision } from '../../src/models/model'
import type { Executor } from '../../src/plan/executor'
import { Plan } from '../../src/plan/plan'
import { persistentTensor } from '../../src/plan/tensor'
import { declareBatch, positionsOf } from '../../src/training/program'

export interface RecordedLogits {
  readonly model: Model
  /** [T, V] */
  readonly run: (executor: Executor) => Promise<Float32Array>
}

export function recordLogits(
  config: ModelConfig,
  precision: Precision,
  tokens: readonly number[],
  model = declareModel(config, precision),
): RecordedLogits {
  const shape = { batchSize: 1, sequenceLength: tokens.length }
  const batch = declareBatch(shape)
  const logits = persistentTensor('logits', [tokens.length, config.vocabulary], { role: 'staging' })
  const plan = new Plan('logits')
  recordHeadForward(plan, { x: modelHidden(plan, model, { ...batch, adapterUse: null }), head: model.head, logits })
  return {
    model,
    run: async (executor) => {
      executor.write(batch.tokens, Uint32Array.from(tokens))
      executor.write(batch.positions, positionsOf(shape))
      executor.run(plan)
      return new Float32Array(await executor.read(logits))
    },
  }
}
