// A model as an ONNX graph that reads tokens and a key/value cache, with the names that exporters and runtimes of the
// ONNX ecosystem agree on: input_ids, attention_mask, position_ids, past_key_values.N.key, logits, present.N.key.
import { defined } from '../base/assert'
import type { OnnxShape } from '../formats/onnx'
import { HIDDEN } from '../kernels/attention/attention.onnx'
import { cachedAttentionOnnx, grownAttentionOnnx } from '../kernels/attention/cachedAttention.onnx'
import { recordHeadForward } from '../kernels/crossEntropy/head'
import { appendOnnx, growOnnx, rotateAppendOnnx, rotateGrowOnnx } from '../kernels/keyValueCache/keyValueCache.onnx'
import { cast } from '../kernels/lowering'
import { makeRunInputs } from '../kernels/runInputs'
import type { ModelConfig } from '../models/config'
import { declareCache, declareModel, modelContinue, separateTensors, type Model, type Precision } from '../models/model'
import type { GraphValue, Lowering } from '../plan/lowering'
import { Plan } from '../plan/plan'
import { persistentTensor, type Tensor } from '../plan/tensor'
import { OnnxGraphBuilder } from './graphBuilder'
import { lowerPlan, type Replacements } from './lowerPlan'

/** A device's cache has a capacity; that of a graph grows, and a mask says what of it is text. */
const withGrowingCaches: Replacements = new Map<unknown, Lowering<never>>([
  [appendOnnx, growOnnx],
  [rotateAppendOnnx, rotateGrowOnnx],
  [cachedAttentionOnnx, grownAttentionOnnx],
])

export interface OnnxDecoder {
  readonly model: Model
  readonly builder: OnnxGraphBuilder
  readonly name: string
}

/** The graph of a model whose weights are still to come. */
export function onnxDecoder(config: ModelConfig, precision: Precision): OnnxDecoder {
  // A tensor for each matrix: an ONNX file has no limit of a binding.
  const model = declareModel(config, precision, separateTensors(config))
  const { vocabulary, keyValueHeads, headWidth } = config

  // One token stands for any number of them: no lowering looks at the count of rows.
  const run = makeRunInputs()
  const cache = declareCache(config, 1)
  const tokens = persistentTensor('tokens', [1, 1], { role: 'staging', dtype: 'u32' })
  const positions = persistentTensor('positions', [1, 1], { role: 'staging', dtype: 'u32' })
  const logits = persistentTensor('logits', [1, vocabulary], { role: 'staging' })
  const plan = new Plan('ONNX decoder')
  const hidden = modelContinue(plan, model, { tokens, positions, cache, inputs: run, adapterUse: null })
  recordHeadForward(plan, { x: hidden, head: model.head, logits })

  const builder = new OnnxGraphBuilder()
  const ids = (name: string, shape: OnnxShape) => builder.input({ name, dtype: 'int64', shape })
  const values = new Map<Tensor, GraphValue>()
  const inputIds = ids('input_ids', ['batch_size', 'sequence_length'])
  const mask = ids('attention_mask', ['batch_size', 'total_sequence_length'])
  values.set(tokens, inputIds)
  values.set(positions, ids('position_ids', ['batch_size', 'sequence_length']))
  // What the counters tell the device, how far the cache is filled, a graph is told by its mask.
  values.set(run.counters, hiddenKeys(builder, inputIds, mask))
  const caches = cache.keys.flatMap((keys, layer) => [
    { tensor: keys, name: `${layer}.key` },
    { tensor: defined(cache.values[layer], 'a value cache for each layer'), name: `${layer}.value` },
  ])
  const cacheInfo = (name: string, length: string) => ({
    name,
    dtype: 'float32' as const,
    shape: ['batch_size', keyValueHeads, length, headWidth],
  })
  for (const { tensor, name } of caches) {
    values.set(tensor, builder.input(cacheInfo(`past_key_values.${name}`, 'past_sequence_length')))
  }
  const written = (tensor: Tensor) => defined(values.get(tensor), `${tensor.name}, which nothing wrote`)
  const wholeTensors = {
    read: (tensor: Tensor) => {
      if (!values.has(tensor) && tensor.role === 'weights') values.set(tensor, builder.weight(tensor))
      return written(tensor)
    },
    write: (tensor: Tensor, value: GraphValue) => values.set(tensor, value),
  }
  lowerPlan(plan.finish(), builder, wholeTensors, withGrowingCaches)
  builder.output(written(logits), {
    name: 'logits',
    dtype: 'float32',
    shape: ['batch_size', 'sequence_length', vocabulary],
  })
  for (const { tensor, name } of caches) {
    builder.output(written(tensor), cacheInfo(`present.${name}`, 'total_sequence_length'))
  }
  return { model, builder, name: 'decoder' }
}

/** What is added to scores, [B, 1, 1, S, L]: the last of L keys are the S queries, each sees itself and what is before. */
function hiddenKeys(graph: OnnxGraphBuilder, inputIds: GraphValue, mask: GraphValue): GraphValue {
  const lengthOf = (value: GraphValue) =>
    graph.op('Gather', [graph.op('Shape', [value]), graph.integer(1)], { axis: 0 })
  const countTo = (end: GraphValue) => graph.op('Range', [graph.integer(0), end, graph.integer(1)])
  const [queries, keys] = [lengthOf(inputIds), lengthOf(mask)]
  const queryPositions = graph.op('Add', [countTo(queries), graph.op('Sub', [keys, queries])])
  const isBefore = graph.op('LessOrEqual', [
    graph.op('Unsqueeze', [countTo(keys), graph.integers([0])]),
    graph.op('Unsqueeze', [queryPositions, graph.integers([1])]),
  ])
  const isText = graph.op('Unsqueeze', [cast(graph, mask, 'bool'), graph.integers([1])])
  const isSeen = graph.op('And', [isBefore, isText])
  const added = graph.op('Where', [isSeen, graph.float(0), graph.float(HIDDEN)])
  return graph.op('Unsqueeze', [added, graph.integers([1, 2])])
}
