// 1,000 steps of the real trainer on a tiny model: nothing is created on the GPU after the start, and the
// ledger says at the end what it said at the beginning.
import { expect, test } from 'vitest'
import { recordTrainingSession, sessionMemory } from '../../src/engine/session'
import { GpuExecutor } from '../../src/gpu/executor'
import type { BytesByRole } from '../../src/plan/memory'
import type { TrainingSettings } from '../../src/training/types'
import { gpuForTests } from '../helpers/gpuForTests'
import { trainerFor } from '../helpers/shortTraining'
import { loadRandomModel, tinyConfig } from '../helpers/tinyModel'

const settings: TrainingSettings = {
  precision: 'int8',
  rank: 4,
  alpha: 8,
  usesRsLora: false,
  dropout: 0.1,
  targets: ['q_proj', 'v_proj'],
  learningRate: 1e-3,
  schedule: 'cosine',
  warmupSteps: 10,
  weightDecay: 0,
  maxGradientNorm: 1,
  steps: 1000,
  batchSize: 1,
  accumulation: 1,
  sequenceLength: 16,
  usesCheckpointing: false,
  validationShare: 0.1,
  evaluateEvery: 250,
  seed: 3,
}

test('1,000 steps create no buffer and leave the ledger flat', { timeout: 400_000 }, async () => {
  const gpu = await gpuForTests()
  const config = { ...tinyConfig, layers: 1 }
  const model = await loadRandomModel((tensor, data) => gpu.write(tensor, data), config, settings.precision)
  const session = recordTrainingSession(model, settings)
  const executor = await GpuExecutor.build(gpu, session.plans, session.reads)
  const planned = sessionMemory(session)
  const created = gpu.arena.createdCount
  const ledgers: BytesByRole[] = []
  const trainer = trainerFor(session, settings, executor, (event) => {
    if (event.kind === 'step' && event.step % 100 === 0) ledgers.push(gpu.arena.bytesByRole())
  })
  const result = await trainer.run(null)
  expect(result.steps).toBe(1000)
  expect(gpu.arena.createdCount).toBe(created)
  expect(ledgers).toHaveLength(10)
  for (const ledger of ledgers) expect(ledger).toEqual(planned)
  gpu.dispose()
})
