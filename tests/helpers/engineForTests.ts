// The real engine on the embedded model, with storage in memory.
import { Engine } from '../../src/engine/engine'
import { CorpusService } from '../../src/engine/corpusService'
import type { TrainingSettings } from '../../src/engine/api'
import { openGpu } from '../../src/gpu/device'
import { fetchFile } from '../../src/platform/fetchFile'
import { onnxRuntime } from '../../src/platform/onnxRuntime'
import { openServedModel } from '../../src/platform/servedModel'
import type { PreparedCorpus } from '../../src/text/types'
import { MemoryStore } from './memoryStore'

export const modelUrl = '/models/plume-stories/'

export interface TestEngine {
  readonly engine: Engine
  readonly store: MemoryStore
  /** The device of the moment, to be lost on purpose. */
  readonly device: () => GPUDevice
}

export async function engineForTests(store = new MemoryStore()): Promise<TestEngine> {
  let current: GPUDevice | undefined
  const engine = new Engine({
    openDevice: async () => {
      const opened = await openGpu(navigator.gpu)
      current = opened.device.device
      return opened
    },
    openLocation: openServedModel,
    onnxRuntime,
    store,
    lock: () => Promise.resolve(() => {}),
    checkpointEveryMs: 0,
    now: () => performance.now(),
    date: () => Date.now(),
  })
  await engine.loadModel(modelUrl)
  return {
    engine,
    store,
    device: () => {
      if (!current) throw new Error('no device was asked for')
      return current
    },
  }
}

export const shortSettings: TrainingSettings = {
  precision: 'float32',
  rank: 4,
  alpha: 8,
  usesRsLora: false,
  dropout: 0.1,
  targets: ['q_proj', 'v_proj', 'down_proj'],
  learningRate: 3e-3,
  schedule: 'linear',
  warmupSteps: 1,
  weightDecay: 0,
  maxGradientNorm: 1,
  steps: 6,
  batchSize: 1,
  accumulation: 2,
  sequenceLength: 32,
  usesCheckpointing: false,
  validationShare: 0.1,
  evaluateEvery: 2,
  seed: 7,
}

/** A corpus of our own, cut small enough for the software adapter. */
export async function shortCorpus(characters = 3000): Promise<PreparedCorpus> {
  const service = new CorpusService(fetchFile)
  await service.loadTokenizer(modelUrl)
  const bytes = await fetchFile('/corpora/', 'lighthouse-log.txt')
  const { sequenceLength, validationShare, seed } = shortSettings
  const files = [{ name: 'lighthouse-log.txt', bytes: bytes.slice(0, characters) }]
  return service.prepare({ files, sequenceLength, validationShare, seed })
}
