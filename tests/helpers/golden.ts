// One golden of tests/interop/goldens: what PyTorch and PEFT computed, and the same computed by our plans on
// any executor.
import { readPeftAdapter, type PeftAdapter } from '../../src/adapters/peft'
import { defined } from '../../src/base/assert'
import { fitAdapter } from '../../src/engine/adapterOnHost'
import { bytesSource } from '../../src/formats/fileSource'
import { readSafetensorsHeader, readTensor, toFloat32 } from '../../src/formats/safetensors'
import { recordHeadForward } from '../../src/kernels/crossEntropy/head'
import { metricIndex, RING_FIELDS, RING_ROWS } from '../../src/kernels/runInputs'
import { linearPath, readModelConfig } from '../../src/models/config'
import type { LoraAdapter } from '../../src/models/lora'
import {
  declareModel,
  modelHidden,
  tensorsOfModel,
  type DeclareOptions,
  type Model,
  type Precision,
} from '../../src/models/model'
import { loadWeights } from '../../src/models/weights'
import type { Executor } from '../../src/plan/executor'
import type { PlannedRead } from '../../src/plan/memory'
import { Plan } from '../../src/plan/plan'
import { persistentTensor, type Tensor } from '../../src/plan/tensor'
import { relativeNormError } from '../../src/base/relativeNormError'
import { IGNORED_LABEL } from '../../src/text/types'
import {
  declareBatch,
  positionsOf,
  recordTraining,
  stepCounters,
  stepScalars,
  type BatchInputs,
  type TrainingPlans,
} from '../../src/training/program'
import type { Schedule } from '../../src/training/types'

export const goldenNames = [
  'llama-tied',
  'llama-rope3',
  'llama-linear',
  'qwen2',
  'qwen3',
  'gpt2',
  'llama-int8',
  'qwen2-int8',
  'qwen3-int8',
  'gpt2-int8',
] as const

export interface Golden {
  readonly name: string
  readonly config: unknown
  readonly weights: ReadonlyMap<string, Float32Array>
  readonly peft: PeftAdapter
  readonly expected: ReadonlyMap<string, Float32Array>
  readonly run: GoldenRun
}

export interface GoldenRun {
  readonly precision: Precision
  readonly accumulation: number
  readonly schedule: Schedule
  readonly learningRate: number
  readonly warmupSteps: number
  readonly weightDecay: number
  readonly maxGradientNorm: number
  readonly betas: readonly number[]
  readonly epsilon: number
  readonly learningRates: readonly number[]
  /** [B, T] each; a label of -1 is none. They repeat. */
  readonly batches: readonly { readonly tokens: number[][]; readonly labels: number[][] }[]
}

/** @param read - the bytes of a file below tests/interop/goldens. */
export async function loadGolden(
  name: string,
  read: (path: string) => Promise<Uint8Array<ArrayBuffer>>,
): Promise<Golden> {
  const json = async (file: string): Promise<unknown> =>
    JSON.parse(new TextDecoder().decode(await read(`${name}/${file}`)))
  const tensors = async (file: string): Promise<ReadonlyMap<string, Float32Array>> => {
    const source = bytesSource(await read(`${name}/${file}`), file)
    const header = await readSafetensorsHeader(source)
    const floats = new Map<string, Float32Array>()
    for (const key of header.tensors.keys()) floats.set(key, toFloat32(await readTensor(source, header, key)))
    return floats
  }
  const adapterFiles = ['adapter_config.json', 'adapter_model.safetensors'].map(async (file) => ({
    name: file,
    bytes: await read(`${name}/adapter/${file}`),
  }))
  return {
    name,
    config: await json('config.json'),
    weights: await tensors('model.safetensors'),
    peft: await readPeftAdapter(await Promise.all(adapterFiles)),
    expected: await tensors('expected.safetensors'),
    run: (await json('case.json')) as GoldenRun,
  }
}

/** What is compared, in the words of the table in docs/numerics.md. */
export const checkNames = ['logits', 'gradients', 'losses', 'gradient norms', 'adapter'] as const
export type CheckName = (typeof checkNames)[number]

/** Relative errors in norm; the issue of this project gives them. `adapter` is after all steps. */
export const targets: Readonly<Record<CheckName, number>> = {
  logits: 1e-4,
  gradients: 1e-4,
  losses: 1e-4,
  'gradient norms': 1e-4,
  adapter: 1e-3,
}

export interface GoldenProgram {
  readonly model: Model
  readonly adapter: LoraAdapter
  readonly batch: BatchInputs
  readonly training: TrainingPlans
  readonly logitsPlan: Plan
  readonly logits: Tensor
  readonly plans: readonly Plan[]
  readonly reads: readonly PlannedRead[]
}

export interface GoldenOptions {
  readonly usesCheckpointing?: boolean
  readonly declared?: DeclareOptions
  /** Fewer than all for a quick look; the adapter is then not compared. */
  readonly steps?: number
}

/** Runs a golden's 50 steps on the executor that `build` makes, and gives the largest error of each check. */
export async function errorsOfGolden(
  golden: Golden,
  build: (program: GoldenProgram) => Promise<Executor>,
  { steps = golden.run.learningRates.length, ...recorded }: GoldenOptions = {},
): Promise<Readonly<Record<CheckName, number>>> {
  const { run, expected } = golden
  const program = recordGolden(golden, recorded)
  const { model, adapter, batch, training, logitsPlan, logits } = program
  const executor = await build(program)
  await loadWeights(
    model,
    (name) => Promise.resolve(defined(golden.weights.get(name), name)),
    (tensor, data) => executor.write(tensor, data),
  )
  executor.write(adapter.parameters, fitAdapter(model.config, golden.peft).parameters)
  const zeros = new Float32Array(defined(adapter.parameters.shape[0], 'a flat adapter'))
  for (const tensor of [adapter.gradients, adapter.firstMoment, adapter.secondMoment]) executor.write(tensor, zeros)
  const [batchSize = 1, sequenceLength = 1] = batch.tokens.shape
  executor.write(batch.positions, positionsOf({ batchSize, sequenceLength }))

  const floats = async (tensor: Tensor) => new Float32Array(await executor.read(tensor))
  const compareAdapter = async (prefix: string, part: (pair: LoraAdapter['pairs'][number]) => readonly Tensor[]) => {
    const errors: number[] = []
    for (const pair of adapter.pairs) {
      for (const [index, tensor] of part(pair).entries()) {
        const name = `${prefix}.${linearPath(model.config, pair.layer, pair.linear)}.lora_${index === 0 ? 'A' : 'B'}`
        errors.push(relativeNormError(await floats(tensor), defined(expected.get(name), name)))
      }
    }
    return Math.max(...errors)
  }

  let logitsError = Number.NaN
  let gradientsError = Number.NaN
  const losses: number[] = []
  const norms: number[] = []
  for (const [step, learningRate] of run.learningRates.slice(0, steps).entries()) {
    const micros = Array.from({ length: run.accumulation }, (_, micro) => step * run.accumulation + micro)
    const batches = micros.map((micro) => flatBatch(run, micro))
    const labelled = batches.flatMap(({ labels }) => [...labels]).filter((label) => label !== IGNORED_LABEL).length
    executor.write(batch.run.scalars, stepScalars(step, labelled, learningRate))
    for (const [index, { tokens, labels }] of batches.entries()) {
      const micro = defined(micros[index], 'a number for each micro-batch')
      executor.write(batch.tokens, tokens)
      executor.write(batch.labels, labels)
      executor.write(batch.run.counters, stepCounters(1, micro, micro % RING_ROWS))
      executor.run(training.micro)
      if (micro > 0) continue
      executor.run(logitsPlan)
      // Of the first micro-batch, which are the first rows of a whole batch.
      logitsError = relativeNormError(await floats(logits), defined(expected.get('logits'), 'logits'))
    }
    if (step === 0) gradientsError = await compareAdapter('gradient', ({ dA, dB }) => [dA, dB])
    executor.run(training.update)
    const ring = await floats(batch.run.metrics)
    const field = (micro: number, index: number) => defined(ring[(micro % RING_ROWS) * RING_FIELDS + index], 'a row')
    losses.push(micros.reduce((sum, micro) => sum + field(micro, metricIndex.loss), 0))
    norms.push(field(defined(micros.at(-1), 'a last micro-batch'), metricIndex.gradientNorm))
  }
  return {
    logits: logitsError,
    gradients: gradientsError,
    losses: worstRelative(losses, defined(expected.get('losses'), 'losses')),
    'gradient norms': worstRelative(norms, defined(expected.get('norms'), 'norms')),
    adapter: steps < run.learningRates.length ? 0 : await compareAdapter('final', ({ a, b }) => [a, b]),
  }
}

/** The checks that miss their target, with their errors. */
export function missed(errors: Readonly<Record<CheckName, number>>): [CheckName, number][] {
  return checkNames
    .map((name) => [name, errors[name]] as [CheckName, number])
    .filter(([name, error]) => !(error < targets[name]))
}

/** Persistent tensors of a golden's program, for those who free them. */
export function tensorsOfGolden({ model, adapter, batch, logits }: GoldenProgram): Tensor[] {
  const { parameters, gradients, firstMoment, secondMoment } = adapter
  const { tokens, labels, positions, run } = batch
  const inputs = [tokens, labels, positions, run.scalars, run.counters, run.metrics]
  return [...tensorsOfModel(model), parameters, gradients, firstMoment, secondMoment, ...inputs, logits]
}

/** The same run with each optimizer step as one batch of all its rows, where the golden accumulates. */
export function inWholeBatches(golden: Golden): Golden {
  const { run } = golden
  const batches = run.batches.map((_, step) => {
    const micros = Array.from({ length: run.accumulation }, (__, i) =>
      defined(run.batches[(step * run.accumulation + i) % run.batches.length], 'a batch'),
    )
    return { tokens: micros.flatMap(({ tokens }) => tokens), labels: micros.flatMap(({ labels }) => labels) }
  })
  return { ...golden, run: { ...run, accumulation: 1, batches } }
}

export function recordGolden(
  { config: json, peft, run }: Golden,
  { usesCheckpointing = false, declared }: Pick<GoldenOptions, 'usesCheckpointing' | 'declared'> = {},
): GoldenProgram {
  const config = readModelConfig(json)
  const model = declareModel(config, run.precision, declared)
  const { adapter } = fitAdapter(config, peft)
  const first = defined(run.batches[0], 'a first batch').tokens
  const batch = declareBatch({ batchSize: first.length, sequenceLength: defined(first[0], 'a first row').length })
  const training = recordTraining(model, adapter, batch, { ...run, dropout: 0, usesCheckpointing })
  const logitsPlan = new Plan('logits')
  const rows = defined(batch.labels.shape[0], 'rows')
  const logits = persistentTensor('logits', [rows, config.vocabulary], { role: 'staging' })
  const hidden = modelHidden(logitsPlan, model, { ...batch, adapterUse: { adapter, dropout: 0, inputs: batch.run } })
  recordHeadForward(logitsPlan, { x: hidden, head: model.head, logits })
  const { parameters, gradients } = adapter
  return {
    model,
    adapter,
    batch,
    training,
    logitsPlan,
    logits,
    plans: [training.micro, training.update, logitsPlan],
    reads: [{ tensors: [batch.run.metrics, parameters, gradients, logits], depth: 1 }],
  }
}

function flatBatch({ batches }: GoldenRun, micro: number): { tokens: Uint32Array; labels: Uint32Array } {
  const { tokens, labels } = defined(batches[micro % batches.length], 'a batch')
  return {
    tokens: Uint32Array.from(tokens.flat()),
    labels: Uint32Array.from(labels.flat(), (label) => (label < 0 ? IGNORED_LABEL : label)),
  }
}

function worstRelative(actual: readonly number[], expected: Float32Array): number {
  return Math.max(...actual.map((value, index) => Math.abs(value / (expected[index] ?? Number.NaN) - 1)))
}
