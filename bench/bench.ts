// The bench's half in the browser: ceilings, every kernel at its bench sizes, then whole steps of a model of
// the embedded one's shape with random weights. bench/run.mjs opens this page and prints what it reports.
import { requestDevice, type DeviceFacts } from '../src/gpu/device'
import { GpuExecutor } from '../src/gpu/executor'
import { Gpu } from '../src/gpu/gpu'
import { ceilingShapes, copy, multiplyAdd, type Ceilings } from '../src/benchmark/ceilings'
import { timeKernel, timePlan, type Timing } from '../src/benchmark/kernelBenchmark'
import { flopsOf, recordTrainingSession } from '../src/engine/session'
import { benchCases } from '../src/kernels'
import type { ModelConfig } from '../src/models/config'
import { declareModel, type Precision } from '../src/models/model'
import type { Plan } from '../src/plan/plan'
import type { TrainingSettings } from '../src/training/types'

export interface BenchRow {
  readonly what: string
  readonly name: string
  readonly timing: Timing
  readonly flops: number
  readonly bytes: number
}

declare global {
  interface Window {
    plumeBench: {
      device(): Promise<DeviceFacts>
      ceilings(rounds: number): Promise<Ceilings>
      kernelNames(): string[]
      kernel(index: number, rounds: number): Promise<BenchRow>
      steps(precision: Precision, rounds: number): Promise<BenchRow[]>
    }
  }
}

const embeddedShape: ModelConfig = {
  family: 'llama',
  layers: 4,
  width: 256,
  heads: 4,
  keyValueHeads: 2,
  headWidth: 64,
  feedForward: 640,
  vocabulary: 4096,
  maxTokens: 512,
  normEpsilon: 1e-5,
  rope: { theta: 10_000, scaling: null },
  linearsWithBias: [],
  hasTiedHead: true,
}

const settings: Omit<TrainingSettings, 'precision'> = {
  rank: 8,
  alpha: 32,
  usesRsLora: false,
  dropout: 0,
  targets: ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'],
  learningRate: 1e-3,
  schedule: 'linear',
  warmupSteps: 0,
  weightDecay: 0,
  maxGradientNorm: 1,
  steps: 1,
  batchSize: 2,
  accumulation: 1,
  sequenceLength: 128,
  usesCheckpointing: false,
  validationShare: 0,
  evaluateEvery: 0,
  seed: 1,
}

const opened = requestDevice(navigator.gpu).then(({ device, facts }) => ({ gpu: new Gpu(device), facts }))
const now = () => performance.now()

window.plumeBench = {
  device: async () => (await opened).facts,

  async ceilings(rounds) {
    const { gpu, facts } = await opened
    const shapes = facts.isSoftware ? ceilingShapes.software : ceilingShapes.hardware
    const arithmetic = await timeKernel(gpu, multiplyAdd, shapes.multiplyAdd, { rounds, now })
    const memory = await timeKernel(gpu, copy, shapes.copy, { rounds, now })
    return {
      flopsPerSecond: multiplyAdd.cost(shapes.multiplyAdd).flops / (arithmetic.value / 1000),
      bytesPerSecond: copy.cost(shapes.copy).bytes / (memory.value / 1000),
    }
  },

  kernelNames: () => benchCases.map(({ kernel, name }) => `${kernel.name} (${name})`),

  async kernel(index, rounds) {
    const one = benchCases[index]
    if (!one) throw new Error(`there is no bench case ${index}`)
    const { gpu } = await opened
    const fill = one.fill ? { fill: one.fill } : {}
    const timing = await timeKernel(gpu, one.kernel, one.shape, { rounds, now, ...fill })
    return { what: one.kernel.name, name: one.name, timing, ...one.kernel.cost(one.shape) }
  },

  async steps(precision, rounds) {
    const { gpu } = await opened
    const model = declareModel(embeddedShape, precision)
    const session = recordTrainingSession(model, { ...settings, precision })
    const executor = await GpuExecutor.build(gpu, session.plans, session.reads)
    const rows: BenchRow[] = []
    const { training, evaluation, generation } = session
    const plans: Plan[] = [
      training.micro,
      training.update,
      evaluation.plan,
      generation.prefill.plan,
      generation.decode.plan,
    ]
    for (const plan of plans) {
      const timing = await timePlan(gpu, executor, plan, { rounds, now })
      rows.push({ what: `step/${precision}`, name: plan.name, timing, flops: flopsOf(plan), bytes: bytesOf(plan) })
    }
    executor.dispose()
    return rows
  },
}

function bytesOf(plan: Plan): number {
  return plan.steps.reduce((sum, { kernel, shape }) => sum + kernel.cost(shape).bytes, 0)
}
