// The training loop: batch, micro-steps, update, report. Everything it decides is a function of the settings
// and the step; its whole state is a checkpoint. It knows executors, not GPUs.
//
// The first step comes before the base is measured: whoever waits sees a loss seconds earlier. The parameters of the start
// are then put back for as long as that takes, so it gives the same bits before and after (docs/decisions/0003).
import { sha256Hex } from '../base/bytes'
import { AppError, toAppError } from '../base/errors'
import { metricIndex, RING_FIELDS, RING_ROWS } from '../kernels/runInputs'
import { fromFileOrder, toFileOrder, type Trained } from '../models/trained'
import type { Executor } from '../plan/executor'
import type { Tensor } from '../plan/tensor'
import { batchOrder } from '../text/batches'
import { IGNORED_LABEL, type TokenSet } from '../text/types'
import type { Checkpoint, CheckpointFiles, CheckpointState } from './checkpoint'
import { evaluate, gatherSequences, writeSequences } from './evaluation'
import { stepCounters, stepScalars, type BatchInputs, type EvaluationPlan, type TrainingPlans } from './program'
import { learningRateAt } from './schedule'
import type { TrainingStart } from './start'
import type { RunEvent, RunResult, TrainingSettings } from './types'

/** Steps whose results are not read yet: the GPU works on one while the host prepares the next. */
const STEPS_IN_FLIGHT = 2
/** A run that cannot take a step three times in a row will not take the fourth. */
const MAX_BAD_STEPS = 3

export interface TrainerParts {
  readonly settings: TrainingSettings
  readonly executor: Executor
  readonly plans: TrainingPlans
  readonly evaluation: EvaluationPlan
  readonly batch: BatchInputs
  readonly trained: Trained
  /** Where training starts. */
  readonly start: TrainingStart
  readonly train: TokenSet
  readonly validation: TokenSet | null
  readonly checkpoints: CheckpointFiles | null
  /** Time between two checkpoints: what a killed run loses at most, and one step. */
  readonly checkpointEveryMs: number
  readonly report: (event: RunEvent) => void
  /** Called where the model may speak: as it was at the start (step 0), then every so many steps. */
  readonly sample: { readonly every: number; readonly speak: (step: number) => Promise<void> } | null
  /** Milliseconds, monotonic. */
  readonly now: () => number
}

interface PendingStep {
  readonly step: number
  readonly tokens: number
  readonly learningRate: number
  readonly rows: readonly number[]
  readonly metrics: Promise<ArrayBuffer>
}

export class Trainer {
  readonly #parts: TrainerParts
  #state: CheckpointState = {
    step: 0,
    elapsedMs: 0,
    baseValidationLoss: null,
    lastValidationLoss: null,
    best: null,
    badSteps: 0,
    owesStart: true,
  }
  #best: Float32Array | null = null
  #pending: PendingStep[] = []
  #lastDone = 0
  #lastSaved = 0
  #validatedStep = 0
  #stopRequested = false
  #interruptRequested = false
  #gate: { promise: Promise<void>; open: () => void } | null = null

  constructor(parts: TrainerParts) {
    this.#parts = parts
  }

  pause(): void {
    if (this.#gate) return
    let open = () => {}
    const promise = new Promise<void>((resolve) => {
      open = resolve
    })
    this.#gate = { promise, open }
  }

  resume(): void {
    this.#gate?.open()
    this.#gate = null
  }

  /** Ends the run at the next step border. */
  stop(): void {
    this.#stopRequested = true
    this.resume()
  }

  /** Ends the run at the next step border with a checkpoint to resume from. */
  interrupt(): void {
    this.#interruptRequested = true
    this.stop()
  }

  /**
   * Starts at step 0 with a fresh adapter or the initial one, or where `checkpoint` left off. Leaves the best
   * adapter in place.
   *
   * @throws AppError `run/interrupted` after `interrupt()`, `run/not-finite` when the run broke down.
   */
  async run(checkpoint: Checkpoint | null): Promise<RunResult> {
    const { settings } = this.#parts
    await this.#begin(checkpoint)
    while (this.#state.step < settings.steps && !this.#stopRequested) {
      if (this.#gate) {
        await this.#drain()
        await this.#gate.promise
        this.#lastDone = this.#parts.now()
        continue
      }
      this.#submitStep(this.#state.step)
      this.#state = { ...this.#state, step: this.#state.step + 1 }
      if (this.#pending.length >= STEPS_IN_FLIGHT) await this.#finishOldest()
      await this.#atBorder(this.#state.step)
    }
    await this.#drain()
    if (this.#interruptRequested && this.#state.step < settings.steps) await this.#leave()
    if (this.#owesStart()) await this.#measureStart() // stopped before the first step
    return this.#end()
  }

  async #begin(checkpoint: Checkpoint | null): Promise<void> {
    const { trained, executor, start, checkpoints, now } = this.#parts
    const zeros = new Float32Array(trained.parameters.shape[0] ?? 0)
    const parameters = checkpoint ? fromFileOrder(trained, checkpoint.parameters) : start.parameters
    executor.write(trained.parameters, parameters)
    executor.write(trained.firstMoment, checkpoint ? fromFileOrder(trained, checkpoint.firstMoment) : zeros)
    executor.write(trained.secondMoment, checkpoint ? fromFileOrder(trained, checkpoint.secondMoment) : zeros)
    executor.write(trained.gradients, zeros)
    if (checkpoint) {
      this.#state = checkpoint.state
      this.#best = checkpoint.best && fromFileOrder(trained, checkpoint.best)
    } else if (start.continues && checkpoints) {
      // The adapter it starts from may be another one by the time this run is resumed.
      await this.#save(checkpoints)
    }
    this.#lastDone = now()
    this.#lastSaved = this.#lastDone
    // What was due at the border where the run was interrupted.
    if (this.#state.step > 0 && this.#owesStart()) await this.#atBorder(this.#state.step)
  }

  #owesStart(): boolean {
    const { owesStart, step, baseValidationLoss } = this.#state
    return owesStart ?? (step === 0 && baseValidationLoss === null)
  }

  /** Measures the base, and lets what the run starts from speak, whatever was learned by now. */
  async #measureStart(): Promise<void> {
    const { trained, start, executor, validation } = this.#parts
    const learned = await executor.read(trained.parameters)
    if (validation && start.continues) {
      executor.write(trained.parameters, start.base)
      const { value } = await this.#evaluate(validation)
      this.#state = { ...this.#state, baseValidationLoss: value }
    }
    executor.write(trained.parameters, start.parameters)
    if (validation) {
      const { value } = await this.#validate(0)
      // A fresh adapter changes nothing yet, so this is the base's loss.
      if (!start.continues) this.#state = { ...this.#state, baseValidationLoss: value }
    }
    await this.#speak(0)
    executor.write(trained.parameters, new Float32Array(learned))
    this.#state = { ...this.#state, owesStart: false }
  }

  #submitStep(step: number): void {
    const { settings, executor, plans, batch, train } = this.#parts
    const { accumulation, batchSize, seed } = settings
    const order = batchOrder(train.sequences, batchSize * accumulation, seed, step)
    const micros = Array.from({ length: accumulation }, (_, micro) =>
      gatherSequences(train, order.slice(micro * batchSize, (micro + 1) * batchSize), settings),
    )
    const tokens = micros.reduce((sum, { labels }) => sum + countLabels(labels), 0)
    const learningRate = learningRateAt(step, settings)
    executor.write(batch.run.scalars, stepScalars(step, tokens, learningRate))
    const rows: number[] = []
    for (const [micro, sequences] of micros.entries()) {
      const microStep = step * accumulation + micro
      const row = microStep % RING_ROWS
      rows.push(row)
      writeSequences(executor, batch, sequences)
      executor.write(batch.run.counters, stepCounters(seed, microStep, row))
      executor.run(plans.micro)
    }
    executor.run(plans.update)
    this.#pending.push({ step: step + 1, tokens, learningRate, rows, metrics: executor.read(batch.run.metrics) })
  }

  async #finishOldest(): Promise<void> {
    const oldest = this.#pending.shift()
    if (!oldest) return
    const ring = new Float32Array(await oldest.metrics)
    const field = (row: number, index: number) => ring[row * RING_FIELDS + index] ?? Number.NaN
    const last = oldest.rows.at(-1) ?? 0
    const loss = oldest.rows.reduce((sum, row) => sum + field(row, metricIndex.loss), 0)
    const isGood = field(last, metricIndex.isFinite) === 1 && Number.isFinite(loss)
    const badSteps = isGood ? 0 : this.#state.badSteps + 1
    const now = this.#parts.now()
    const elapsedMs = now - this.#lastDone
    this.#lastDone = now
    this.#state = { ...this.#state, badSteps, elapsedMs: this.#state.elapsedMs + elapsedMs }
    const { step, tokens, learningRate } = oldest
    if (isGood) {
      const gradientNorm = field(last, metricIndex.gradientNorm)
      this.#parts.report({ kind: 'step', step, loss, learningRate, gradientNorm, tokens, elapsedMs })
      return
    }
    // The update kernel left the parameters as they were.
    this.#parts.report({ kind: 'warning', step, code: 'run/not-finite', details: { step } })
    if (badSteps >= MAX_BAD_STEPS) {
      throw new AppError('run/not-finite', { message: `no finite gradient in ${badSteps} steps`, details: { step } })
    }
  }

  async #drain(): Promise<void> {
    while (this.#pending.length > 0) await this.#finishOldest()
  }

  async #atBorder(step: number): Promise<void> {
    const { settings, start, validation, sample, checkpoints, checkpointEveryMs, now } = this.#parts
    const isLast = step === settings.steps
    const isDue = (every: number) => every > 0 && step % every === 0
    if (this.#owesStart()) {
      await this.#drain()
      // Whoever interrupts wants to leave. A run that continues must stay: its checkpoint would not hold its start.
      if (this.#interruptRequested && !start.continues && !isLast) return
      await this.#measureStart()
      this.#lastDone = now()
    }
    if (validation && (isDue(settings.evaluateEvery) || isLast)) {
      await this.#drain()
      await this.#validate(step)
      this.#lastDone = now()
    }
    if (sample && (isDue(sample.every) || isLast)) {
      await this.#drain()
      await this.#speak(step)
      this.#lastDone = now()
    }
    if (checkpoints && (now() - this.#lastSaved >= checkpointEveryMs || isLast)) {
      await this.#drain()
      await this.#save(checkpoints)
      this.#lastDone = now()
      this.#lastSaved = this.#lastDone
    }
  }

  async #validate(step: number): Promise<{ value: number }> {
    const { executor, validation, trained, start, report } = this.#parts
    if (!validation) return { value: Number.NaN }
    this.#validatedStep = step
    const { value, tokens } = await this.#evaluate(validation)
    // A fresh adapter without effect is no result; one that came with the run may stay its best.
    const counts = step > 0 || start.continues
    const isBest = counts && Number.isFinite(value) && value < (this.#state.best?.loss ?? Number.POSITIVE_INFINITY)
    if (isBest) {
      this.#best = new Float32Array(await executor.read(trained.parameters))
      this.#state = { ...this.#state, best: { step, loss: value } }
    }
    if (step > 0) this.#state = { ...this.#state, lastValidationLoss: value }
    report({ kind: 'validation', step, loss: value, perplexity: Math.exp(value), tokens, isBest })
    return { value }
  }

  async #evaluate(set: TokenSet) {
    const { executor, evaluation, batch, settings } = this.#parts
    await executor.ready()
    return evaluate(executor, evaluation, batch, settings, set)
  }

  async #speak(step: number): Promise<void> {
    const { executor, sample } = this.#parts
    if (!sample) return
    await executor.ready()
    await sample.speak(step)
  }

  /** The interrupted run's way out. */
  async #leave(): Promise<never> {
    const { step } = this.#state
    const isSaved = this.#parts.checkpoints !== null && (await this.#save(this.#parts.checkpoints))
    throw new AppError('run/interrupted', {
      message: `interrupted after step ${step}; ${isSaved ? 'a checkpoint is kept' : 'no checkpoint could be saved'}`,
      details: { step, isSaved },
    })
  }

  /** False when the checkpoint could not be written. */
  async #save(checkpoints: CheckpointFiles): Promise<boolean> {
    const { executor, trained, report } = this.#parts
    const floats = async (tensor: Tensor) => toFileOrder(trained, new Float32Array(await executor.read(tensor)))
    const { step } = this.#state
    const parameters = await floats(trained.parameters)
    const firstMoment = await floats(trained.firstMoment)
    const secondMoment = await floats(trained.secondMoment)
    const best = this.#best && toFileOrder(trained, this.#best)
    try {
      await checkpoints.save({ state: this.#state, parameters, firstMoment, secondMoment, best })
      report({ kind: 'checkpoint', step })
      return true
    } catch (thrown) {
      // The run itself is healthy: say it and go on; the checkpoint before stays whole.
      const { code, details } = toAppError(thrown)
      report({ kind: 'warning', step, code, details })
      return false
    }
  }

  async #end(): Promise<RunResult> {
    const { executor, trained, settings, validation } = this.#parts
    // A stopped run has gone on since its last validation: its end may be its best.
    if (validation && this.#state.step > this.#validatedStep) await this.#validate(this.#state.step)
    const { step, best, baseValidationLoss, lastValidationLoss, elapsedMs } = this.#state
    if (this.#best) executor.write(trained.parameters, this.#best)
    const parameters = toFileOrder(trained, new Float32Array(await executor.read(trained.parameters)))
    return {
      end: step < settings.steps ? 'stopped' : 'finished',
      steps: step,
      bestStep: best?.step ?? null,
      baseValidationLoss,
      bestValidationLoss: best?.loss ?? null,
      lastValidationLoss,
      elapsedMs,
      adapterSha256: await sha256Hex(new Uint8Array(parameters.buffer)),
    }
  }
}

function countLabels(labels: Uint32Array): number {
  return labels.reduce((count, label) => (label === IGNORED_LABEL ? count : count + 1), 0)
}
