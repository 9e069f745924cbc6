// The bench's half in the browser: ceilings, every kernel at its bench sizes, then whole steps of a model of
// the embedded one's shape, or of one in the catalogue. bench/run.mjs opens this page and prints what it reports.
import { defined } from '../src/base/assert'
import { openGpu } from '../src/gpu/device'
import { measureCeilings, timeBenchCase, timePlans } from '../src/benchmark/deviceBench'
import { shareOfFloor, type BenchRow, type Ceilings } from '../src/benchmark/roofline'
import { recordTrainingSession } from '../src/engine/session'
import { catalogue } from '../src/hub/catalogue'
import { benchCases } from '../src/kernels'
import { linearNamesOf, readModelConfig, type ModelConfig } from '../src/models/config'
import { declareModel, tensorsOfModel, type Precision } from '../src/models/model'
import type { DeviceFacts } from '../src/plan/device'
import { elementCount } from '../src/plan/tensor'
import type { TrainingSettings } from '../src/training/types'

declare global {
  interface Window {
    plumeBench: {
      device(): Promise<DeviceFacts>
      ceilings(rounds: number): Promise<Ceilings>
      kernelNames(): string[]
      kernel(index: number, rounds: number): Promise<BenchRow>
      steps(request: StepsRequest): Promise<{ rows: BenchRow[]; trainingTokens: number; promptTokens: number }>
      shareOfFloor: typeof shareOfFloor
    }
  }
}

interface StepsRequest {
  readonly precision: Precision
  readonly rounds: number
  /** A part of the id of a model in the catalogue; the embedded model's shape where it is empty. */
  readonly shape: string
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

const settings: Omit<TrainingSettings, 'precision' | 'targets'> = {
  rank: 8,
  alpha: 32,
  usesRsLora: false,
  dropout: 0,
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

const opened = openGpu(navigator.gpu).then(({ device, facts }) => ({ gpu: device, facts }))
const now = () => performance.now()

window.plumeBench = {
  device: async () => (await opened).facts,

  async ceilings(rounds) {
    const { gpu, facts } = await opened
    return measureCeilings(gpu, facts, { rounds, now })
  },

  shareOfFloor,

  kernelNames: () => benchCases.map(({ kernel, name }) => `${kernel.name} (${name})`),

  async kernel(index, rounds) {
    const one = benchCases[index]
    if (!one) throw new Error(`there is no bench case ${index}`)
    const { gpu } = await opened
    return timeBenchCase(gpu, one, { rounds, now })
  },

  async steps({ precision, rounds, shape }) {
    const { gpu } = await opened
    const config = shape ? shapeOf(shape) : embeddedShape
    const model = declareModel(config, precision)
    const session = recordTrainingSession(model, { ...settings, targets: linearNamesOf(config), precision })
    try {
      return {
        rows: await timePlans(gpu, { ...session, precision }, { rounds, now }),
        trainingTokens: settings.batchSize * settings.sequenceLength,
        promptTokens: elementCount(session.generation.prefill.tokens),
      }
    } finally {
      for (const tensor of [...session.owned, ...tensorsOfModel(model)]) gpu.free(tensor)
    }
  },
}

function shapeOf(name: string): ModelConfig {
  const { config } = defined(
    catalogue.find(({ id }) => id.includes(name)),
    `no model of the catalogue is called ${name}`,
  )
  return readModelConfig(config)
}
