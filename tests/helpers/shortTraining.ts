// The real trainer over random tokens, on any executor.
import type { TrainingSession } from '../../src/engine/session'
import type { Executor } from '../../src/plan/executor'
import { startOfAdapter } from '../../src/training/start'
import { Trainer } from '../../src/training/trainer'
import type { RunEvent, TrainingSettings } from '../../src/training/types'
import { randomSet } from './randomSet'
import { tinyConfig } from './tinyModel'

export function trainerFor(
  { training, evaluation, batch, adapter }: TrainingSession,
  settings: TrainingSettings,
  executor: Executor,
  report: (event: RunEvent) => void,
): Trainer {
  const shape = { sequenceLength: settings.sequenceLength, vocabulary: tinyConfig.vocabulary }
  return new Trainer({
    settings,
    executor,
    plans: training,
    evaluation,
    batch,
    trained: adapter,
    start: startOfAdapter(adapter, settings.seed, null),
    train: randomSet(40, { ...shape, seed: 1 }),
    validation: randomSet(4, { ...shape, seed: 2 }),
    checkpoints: null,
    checkpointEveryMs: 0,
    report,
    sample: null,
    now: () => performance.now(),
  })
}
