// A model as an ONNX graph that reads tokens and a key/value cache, with the names that exporters and runtimes of the
// ONNX ecosystem agree on: input_ids, attention_mask, position_ids, past_key_values.N.key, logits, present.N.key.
import { assert, defined } from '../base/assert'
import { halvesToFloats } from '../base/float16'
import { bytesOf } from '../base/bytes'
import { onnxPieces, onnxTensorBytes, type OnnxShape } from '../formats/onnx'
import { recordHeadForward } from '../kernels/crossEntropy/head'
import { makeRunInputs } from '../kernels/runInputs'
import type { ModelConfig } from '../models/config'
import { declareCache, declareModel, modelContinue, type Model, type Precision } from '../models/model'
import type { GraphValue } from '../plan/lowering'
import { Plan } from '../plan/plan'
import { persistentTensor, type Tensor } from '../plan/tensor'
import { OnnxGraphBuilder } from './graphBuilder'
import { lowerPlan } from './lowerPlan'

/** Added to the score of a key that a query must not see: its exponential is zero, and a row of them is no NaN. */
const HIDDEN = -1e30

export interface OnnxDecoder {
  readonly model: Model
  readonly builder: OnnxGraphBuilder
}

/** The graph of a model whose weights are still to come. */
export function onnxDecoder(config: ModelConfig, precision: Precision): OnnxDecoder {
  // One buffer for the whole embedding: an ONNX file has no limit of a binding.
  const model = declareModel(config, precision, { maxPartRows: config.vocabulary })
  const { vocabulary, keyValueHeads, headWidth } = config

  // One token stands for any number of them: no lowering looks at the count of rows.
  const run = makeRunInputs()
  const cache = declareCache(config, 1)
  const tokens = persistentTensor('tokens', [1, 1], { role: 'staging', dtype: 'u32' })
  const positions = persistentTensor('positions', [1], { role: 'staging', dtype: 'u32' })
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
  lowerPlan(plan.finish(), builder, values)
  const written = (tensor: Tensor) => defined(values.get(tensor), tensor.name)
  builder.output(written(logits), {
    name: 'logits',
    dtype: 'float32',
    shape: ['batch_size', 'sequence_length', vocabulary],
  })
  for (const { tensor, name } of caches) {
    builder.output(written(tensor), cacheInfo(`present.${name}`, 'total_sequence_length'))
  }
  return { model, builder }
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
  const BOOL = 9
  const isText = graph.op('Unsqueeze', [graph.op('Cast', [mask], { to: BOOL }), graph.integers([1])])
  const isSeen = graph.op('And', [isBefore, isText])
  const added = graph.op('Where', [isSeen, graph.float(0), graph.float(HIDDEN)])
  return graph.op('Unsqueeze', [added, graph.integers([1, 2])])
}

export interface OnnxFile {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Sets the values of one of the model's tensors, as they go to a device. */
  readonly write: (tensor: Tensor, data: ArrayBufferView) => void
}

/** The file, with room for the weights. */
export function onnxFile(
  { builder }: Pick<OnnxDecoder, 'builder'>,
  metadata: Readonly<Record<string, string>>,
): OnnxFile {
  const { nodes, inputs, outputs, constants, weights } = builder
  const initializers = [...constants, ...weights].map(({ initializer }) => initializer)
  const { pieces, sizeBytes } = onnxPieces({ name: 'decoder', nodes, inputs, outputs, initializers, metadata })
  const bytes = new Uint8Array(sizeBytes)
  const placeOf = new Map<Tensor, number>()
  let at = 0
  for (const [index, piece] of pieces.entries()) {
    bytes.set(piece, at)
    at += piece.byteLength
    const initializer = initializers[index]
    if (!initializer) continue
    const constant = constants[index]
    if (constant) bytes.set(constant.bytes, at)
    else placeOf.set(defined(weights[index - constants.length], initializer.name).tensor, at)
    at += onnxTensorBytes(initializer)
  }
  assert(at === sizeBytes, `wrote ${at} of ${sizeBytes} bytes`)
  return {
    bytes,
    write: (tensor, data) => {
      const place = placeOf.get(tensor)
      if (place === undefined) return // no step reads it
      bytes.set(asStored(tensor, bytesOf(data)), place)
    },
  }
}

/** From the bytes a device holds to those of the file: signed int8 becomes unsigned around 128, halves become floats. */
function asStored(tensor: Tensor, data: Uint8Array): Uint8Array {
  if (tensor.dtype === 'i8') return data.map((value) => value ^ 128)
  if (tensor.dtype !== 'f16') return data
  const count = tensor.shape.reduce((product, size) => product * size, 1)
  return bytesOf(halvesToFloats(new Uint16Array(data.slice().buffer).subarray(0, count)))
}
