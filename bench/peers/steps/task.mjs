// What every contender trains: a small model of Llama's shape with given weights, on one batch. The losses of its first
// steps are known from the reference functions in float64.
import { Random } from '../../../src/base/random'
import { metricIndex } from '../../../src/kernels/runInputs'
import { declareAdapter, initialParameters } from '../../../src/models/lora'
import { declareModel, tensorsOfModel } from '../../../src/models/model'
import { ropeTable } from '../../../src/kernels/rope/ropeTable'
import { quantizeBlocks } from '../../../src/models/quantize'
import { ropeFrequencies } from '../../../src/models/ropeFrequencies'
import { declareWholeModel, placeWeight } from '../../../src/models/wholeModel'
import { elementCount } from '../../../src/plan/tensor'
import { ReferenceExecutor } from '../../../src/reference/executor'
import { declareBatch, positionsOf, recordTraining, stepCounters, stepScalars } from '../../../src/training/program'

export const LEARNING_RATE = 1e-3
export const optimizer = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }
/** Losses that are compared with the reference: the first is before any update. */
export const CHECKED_STEPS = 4

export const lora = { rank: 8, alpha: 16, usesRsLora: false }
const targets = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj']

export function makeTask({ width, tokens: length, hasTiedHead }) {
  const config = {
    family: 'llama',
    layers: 2,
    width,
    heads: 4,
    keyValueHeads: 4,
    headWidth: width / 4,
    feedForward: 3 * width,
    vocabulary: 256,
    maxTokens: length,
    normEpsilon: 1e-5,
    rope: { theta: 10_000, scaling: null },
    linearsWithBias: [],
    hasTiedHead,
  }
  const random = new Random(1)
  const weights = new Map()
  for (const tensor of tensorsOfModel(declareModel(config, 'float32'))) {
    if (tensor.name === 'rotary table') continue
    const isMatrix = tensor.shape.length === 2
    const size = 1 / Math.sqrt(tensor.name === 'embedding' && !hasTiedHead ? 1 : width)
    const values = Float32Array.from({ length: elementCount(tensor) }, () => (isMatrix ? size * random.normal() : 1))
    weights.set(tensor.name, { shape: tensor.shape, values })
  }
  const text = Uint32Array.from({ length: length + 1 }, () => random.integer(config.vocabulary))
  return { config, length, weights, tokens: text.subarray(0, length), labels: text.subarray(1) }
}

/** Our plans for a task, and what to write before the first step. `kind`: whole, lora or loraInt8. */
export function recordTask(task, kind) {
  const { config, length, weights } = task
  const batch = declareBatch({ batchSize: 1, sequenceLength: length })
  const settings = { dropout: 0, usesCheckpointing: false, maxGradientNorm: 0, weightDecay: 0 }
  const writes = []
  let model
  let trained
  if (kind === 'whole') {
    trained = declareWholeModel(config)
    model = trained.model
    const flat = new Float32Array(elementCount(trained.parameters))
    for (const tensor of tensorsOfModel(model)) {
      const weight = weights.get(tensor.name)
      if (weight) placeWeight(flat, trained, tensor, weight.values)
    }
    writes.push([trained.parameters, flat])
  } else {
    model = declareModel(config, kind === 'lora' ? 'float32' : 'int8')
    trained = declareAdapter(config, { ...lora, targets })
    for (const tensor of tensorsOfModel(model)) {
      const weight = weights.get(tensor.name.replace(/ (int8|scales)$/, ''))
      if (weight) writes.push([tensor, storedAs(tensor.dtype, weight)])
    }
    writes.push([trained.parameters, initialParameters(trained, 1)])
  }
  writes.push(
    [batch.tokens, task.tokens],
    [batch.labels, task.labels],
    [batch.positions, positionsOf({ batchSize: 1, sequenceLength: length })],
    [model.positions.table, ropeTable(length, ropeFrequencies(config.headWidth, config.rope))],
  )
  return { batch, model, trained, writes, ...recordTraining(model, trained, batch, settings) }
}

function storedAs(dtype, { values, shape: [rows, columns] }) {
  if (dtype === 'f32') return values
  const quantized = quantizeBlocks(values, rows, columns)
  return dtype === 'i8' ? quantized.values : quantized.scales
}

/** What a step writes before it runs. */
export function writeStep(executor, { batch }, step) {
  executor.write(batch.run.scalars, stepScalars(step, batch.labels.shape[0], LEARNING_RATE))
  executor.write(batch.run.counters, stepCounters(1, step, 0))
}

/** Losses of the first steps, by the reference functions in float64. */
export async function referenceLosses(task, kind) {
  const recorded = recordTask(task, kind)
  const executor = new ReferenceExecutor({ double: true })
  for (const [tensor, data] of recorded.writes) executor.write(tensor, data)
  return firstLosses(executor, recorded)
}

export async function firstLosses(executor, recorded) {
  const losses = []
  for (let step = 0; step < CHECKED_STEPS; step++) {
    writeStep(executor, recorded, step)
    executor.run(recorded.micro)
    executor.run(recorded.update)
    losses.push(new Float32Array(await executor.read(recorded.batch.run.metrics))[metricIndex.loss])
  }
  return losses
}
