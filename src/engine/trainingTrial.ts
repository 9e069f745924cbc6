// A short run that leaves nothing behind: the same steps with LoRA on a float32 and on an int8 base, and with every
// weight trained, to be compared.
import { AppError } from '../base/errors'
import { elementCount } from '../plan/tensor'
import { canTrainWhole, placeWeight } from '../models/wholeModel'
import { startOfAdapter } from '../training/start'
import { Trainer, type TrainerParts } from '../training/trainer'
import type { StepMetrics } from '../training/types'
import type { StepListener, TrainingTrial, TrialRequest } from './api'
import type { Bench } from './bench'
import { summarize } from './measure'
import { recordTrainingSession, recordWholeSession } from './session'

export interface TrialBench extends Bench {
  /** Lends the trainer to whoever wants to stop it. */
  readonly onTrainer: (trainer: Trainer) => void
}

/**
 * LoRA learns best at about ten times the rate of full fine-tuning: Schulman et al. 2025, "LoRA Without Regret",
 * https://thinkingmachines.ai/blog/lora/. The settings are those of LoRA.
 */
const FULL_RATE = 0.1

/** @throws AppError `model/unsupported` where the whole model cannot be trained */
export async function runTrial(bench: TrialBench, request: TrialRequest, onStep: StepListener): Promise<TrainingTrial> {
  // One look at the end: those on the way would count as time of the training.
  const settings = { ...request.settings, evaluateEvery: 0 }
  return request.method === 'lora'
    ? trainAdapter(bench, { ...request, settings }, onStep)
    : trainWhole(
        bench,
        { ...request, settings: { ...settings, learningRate: FULL_RATE * settings.learningRate } },
        onStep,
      )
}

async function trainAdapter(bench: TrialBench, request: TrialRequest, onStep: StepListener): Promise<TrainingTrial> {
  const { device, loaded } = bench
  const { settings } = request
  const model = await loaded.onDevice(device, settings.precision)
  const session = recordTrainingSession(model, settings)
  const { adapter, training: plans, evaluation, batch } = session
  return bench.withSession(session, null, (executor) => {
    const start = startOfAdapter(adapter, settings.seed, null)
    const trainedParameters = adapter.pairs.reduce((sum, { a, b }) => sum + elementCount(a) + elementCount(b), 0)
    const parts = { executor, plans, evaluation, batch, trained: adapter, start }
    return measured(bench, request, { parts, trainedParameters, onStep })
  })
}

async function trainWhole(bench: TrialBench, request: TrialRequest, onStep: StepListener): Promise<TrainingTrial> {
  const { device, loaded } = bench
  if (!canTrainWhole(loaded.config)) {
    const what = 'full fine-tuning of this model'
    throw new AppError('model/unsupported', { message: what, details: { what } })
  }
  loaded.leaveDevice(device) // the model that is trained is one of its own
  const session = recordWholeSession(loaded.config, request.settings)
  const { whole, training: plans, evaluation, batch } = session
  return bench.withSession(session, null, async (executor) => {
    const weights = new Float32Array(elementCount(whole.parameters))
    await loaded.fill(whole.model, (tensor, data) => {
      if (!placeWeight(weights, whole, tensor, data as Float32Array)) executor.write(tensor, data)
    })
    const start = { parameters: weights, base: weights, continues: false }
    const parts = { executor, plans, evaluation, batch, trained: whole, start }
    return measured(bench, request, { parts, trainedParameters: loaded.info.parameters, onStep })
  })
}

interface Undertaking {
  readonly parts: Pick<TrainerParts, 'executor' | 'plans' | 'evaluation' | 'batch' | 'trained' | 'start'>
  readonly trainedParameters: number
  readonly onStep: StepListener
}

async function measured(
  { device, now, onTrainer }: TrialBench,
  { method, settings, train, validation }: TrialRequest,
  { parts, trainedParameters, onStep }: Undertaking,
): Promise<TrainingTrial> {
  const steps: StepMetrics[] = []
  const trainer = new Trainer({
    ...parts,
    settings,
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
  onTrainer(trainer)
  const result = await trainer.run(null)
  return {
    method,
    precision: settings.precision,
    losses: steps.map(({ step, loss }) => ({ step, loss })),
    // The first step warms up.
    stepMs: summarize(steps.slice(1).map(({ elapsedMs }) => elapsedMs)),
    memory: device.bytesByRole(),
    trainedParameters,
    learningRate: settings.learningRate,
    validationLoss: result.lastValidationLoss,
  }
}
