// What a run will take, by recording its plans: pure arithmetic, no device and no allocation.
import { parameterCount, type ModelConfig } from '../models/config'
import { declareModel, type Precision } from '../models/model'
import { trainableCount } from '../models/lora'
import { tensorsOf } from '../plan/plan'
import { sizeBytes } from '../plan/tensor'
import type { TrainingSettings } from '../training/types'
import type { RunEstimate } from './api'
import { checkSettings } from './checkSettings'
import { flopsOf, linearWeightBytes, recordTrainingSession, sessionMemory } from './session'

/** @throws AppError `run/settings-invalid` */
export function estimateRun(config: ModelConfig, settings: TrainingSettings): RunEstimate {
  checkSettings(settings, config)
  const record = (precision: Precision) => {
    const model = declareModel(config, precision)
    return { model, session: recordTrainingSession(model, { ...settings, precision }) }
  }
  const { model, session } = record(settings.precision)
  const largest = session.plans.flatMap((plan) => plan.steps.flatMap((step) => tensorsOf(step, 'read')))
  return {
    precision: settings.precision,
    memory: sessionMemory(session),
    memoryInFloat32: sessionMemory(settings.precision === 'float32' ? session : record('float32').session),
    trainableParameters: trainableCount(session.adapter),
    totalParameters: parameterCount(config),
    linearWeightBytes: linearWeightBytes(model),
    tokensPerStep: settings.batchSize * settings.accumulation * settings.sequenceLength,
    flopsPerStep: settings.accumulation * flopsOf(session.training.micro) + flopsOf(session.training.update),
    largestBufferBytes: Math.max(...largest.map((tensor) => sizeBytes(tensor.base))),
  }
}
