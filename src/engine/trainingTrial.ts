// A short run that leaves nothing behind: the same steps on a float32 and on an int8 base, to be compared.
import type { StepMetrics } from '../training/types'
import { Trainer } from '../training/trainer'
import type { StepListener, TrainingTrial, TrialRequest } from './api'
import type { Bench } from './bench'
import { summarize } from './measure'
import { recordTrainingSession } from './session'

export interface TrialBench extends Bench {
  /** Lends the trainer to whoever wants to stop it. */
  readonly onTrainer: (trainer: Trainer) => void
}

/** Trains a fresh adapter, measures it, and forgets it. */
export async function runTrial(
  bench: TrialBench,
  { settings: asked, train, validation }: TrialRequest,
  onStep: StepListener,
): Promise<TrainingTrial> {
  const { gpu, loaded, now } = bench
  // One look at the end: those on the way would count as time of the training.
  const settings = { ...asked, evaluateEvery: 0 }
  const model = await loaded.onDevice(gpu, settings.precision)
  const session = recordTrainingSession(model, settings)
  const steps: StepMetrics[] = []
  return bench.withSession(session, null, async (executor) => {
    const trainer = new Trainer({
      settings,
      executor,
      plans: session.training,
      evaluation: session.evaluation,
      batch: session.batch,
      adapter: session.adapter,
      initial: null,
      train,
      validation,
      checkpoints: null,
      checkpointEveryMs: Number.POSITIVE_INFINITY,
      report: (event) => {
        if (event.kind !== 'step') return
        steps.push(event)
        onStep({ step: event.step, loss: event.loss })
      },
      sample: null,
      now,
    })
    bench.onTrainer(trainer)
    const result = await trainer.run(null)
    return {
      precision: settings.precision,
      losses: steps.map(({ step, loss }) => ({ step, loss })),
      // The first step warms up.
      stepMs: summarize(steps.slice(1).map(({ elapsedMs }) => elapsedMs)),
      memory: gpu.arena.bytesByRole(),
      validationLoss: result.lastValidationLoss,
    }
  })
}
