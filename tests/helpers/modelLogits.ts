// The logits of weights that are read by name, with an adapter or without, in the reference executor.
import { recordHeadForward } from '../../src/kernels/crossEntropy/head'
import type { ModelConfig } from '../../src/models/config'
import type { LoraAdapter } from '../../src/models/lora'
import { declareModel, modelHidden } from '../../src/models/model'
import { loadWeights, type ReadWeight } from '../../src/models/weights'
import { Plan } from '../../src/plan/plan'
import { persistentTensor } from '../../src/plan/tensor'
import { ReferenceExecutor } from '../../src/reference/executor'
import { declareBatch, positionsOf } from '../../src/training/program'

export interface Adapted {
  readonly adapter: LoraAdapter
  readonly parameters: Float32Array
}

/** [T, V], one row after the other. */
export async function modelLogits(
  config: ModelConfig,
  tokens: readonly number[],
  { read, adapted = null }: { readonly read: ReadWeight; readonly adapted?: Adapted | null },
): Promise<Float32Array> {
  const executor = new ReferenceExecutor()
  const model = declareModel(config, 'float32')
  await loadWeights(model, read, (tensor, data) => executor.write(tensor, data))
  const shape = { batchSize: 1, sequenceLength: tokens.length }
  const batch = declareBatch(shape)
  const logits = persistentTensor('logits', [tokens.length, config.vocabulary], { role: 'staging' })
  const adapterUse = adapted && { adapter: adapted.adapter, dropout: 0, inputs: batch.run }
  const plan = new Plan('logits')
  recordHeadForward(plan, { x: modelHidden(plan, model, { ...batch, adapterUse }), head: model.head, logits })
  if (adapted) executor.write(adapted.adapter.parameters, adapted.parameters)
  executor.write(batch.tokens, Uint32Array.from(tokens))
  executor.write(batch.positions, positionsOf(shape))
  executor.run(plan)
  return new Float32Array(await executor.read(logits))
}
