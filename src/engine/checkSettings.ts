// Settings come from knobs, links and files: checked once, before anything is recorded.
import { AppError } from '../base/errors'
import type { ModelConfig } from '../models/config'
import type { TrainingSettings } from '../training/types'

/** One micro-batch's loss and norm each take a row of the metrics ring, which has 64. */
const MAX_ACCUMULATION = 32

/** @throws AppError `run/settings-invalid` naming the setting and its range. Rank and targets are checked by declareAdapter. */
export function checkSettings(settings: TrainingSettings, config: ModelConfig): void {
  const integer = (name: keyof TrainingSettings, least: number, most: number) =>
    check(name, settings[name], least, most, Number.isInteger(settings[name]))
  const number = (name: keyof TrainingSettings, least: number, most: number) =>
    check(name, settings[name], least, most, true)
  integer('steps', 1, 1_000_000)
  integer('batchSize', 1, 256)
  integer('accumulation', 1, MAX_ACCUMULATION)
  integer('sequenceLength', 8, config.maxTokens)
  // PEFT could scale by any number, but files can only say whole ones: see adapters/peftConfig.ts.
  integer('alpha', 1, 1_000_000)
  integer('warmupSteps', 0, 1_000_000)
  integer('evaluateEvery', 0, 1_000_000)
  integer('seed', 0, 0xffffffff)
  number('learningRate', 0, 10)
  number('dropout', 0, 0.95)
  number('weightDecay', 0, 10)
  number('maxGradientNorm', 0, 1e6)
  number('validationShare', 0, 0.5)
}

function check(name: string, value: unknown, least: number, most: number, isWhole: boolean): void {
  if (typeof value === 'number' && value >= least && value <= most && isWhole) return
  throw new AppError('run/settings-invalid', {
    message: `${name} is ${String(value)}, allowed: ${least} to ${most}`,
    details: { name, value: String(value), least, most },
  })
}
