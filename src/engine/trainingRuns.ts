// Runs from their request to the adapter they leave: kept so that a closed tab loses nothing, paused, stopped, gone on with.
import { wrongBase } from '../adapters/peft'
import { AppError, toAppError } from '../base/errors'
import { mark } from '../base/timeline'
import { Generator } from '../generation/generator'
import type { Executor } from '../plan/executor'
import type { Checkpoint, CheckpointStore } from '../training/checkpoint'
import { startOfAdapter } from '../training/start'
import { Trainer } from '../training/trainer'
import { describeAdapter, type HostAdapter } from './adapterOnHost'
import type { RunListener, RunResult, TrainRequest, UnfinishedRun } from './api'
import type { Bench } from './bench'
import { EventBatch } from './eventBatch'
import { dataFacts } from './provenance'
import { RunFiles } from './runFiles'
import { recordTrainingSession, type TrainingSession } from './session'

export interface TrainingEnvironment {
  readonly store: CheckpointStore
  /** Takes an exclusive lock for this browser, or null when another tab holds it. */
  readonly lock: (name: string) => Promise<(() => void) | null>
  /** Time between two checkpoints of a run; 10 s unless said otherwise. */
  readonly checkpointEveryMs?: number
  /** Milliseconds since 1970, to say when a run was saved. */
  readonly date: () => number
}

export interface TrainingBench extends Bench {
  /** What a run continues. @throws AppError `adapter/files-missing` */
  readonly currentAdapter: () => HostAdapter
  /** Takes the adapter that a run leaves. */
  readonly keep: (adapter: HostAdapter, name: string) => Promise<void>
}

const CHECKPOINT_EVERY_MS = 10_000
const PINNED_ANSWER_TOKENS = 48

export class TrainingRuns {
  readonly #environment: TrainingEnvironment
  readonly #files: RunFiles
  #trainer: Trainer | null = null
  #isInterrupted = false

  constructor(environment: TrainingEnvironment) {
    this.#environment = environment
    this.#files = new RunFiles(environment.store)
  }

  pause(): void {
    this.#trainer?.pause()
  }

  resume(): void {
    this.#trainer?.resume()
  }

  stop(): void {
    this.#trainer?.stop()
  }

  /** Ends the run at the next step border with a checkpoint; it then rejects with `run/interrupted`. */
  interrupt(): void {
    this.#isInterrupted = true
    this.#trainer?.interrupt()
  }

  /** Lets `work` name the trainer that pause, resume and stop are meant for. */
  async controlling<T>(work: (onTrainer: (trainer: Trainer) => void) => Promise<T>): Promise<T> {
    try {
      return await work((trainer) => (this.#trainer = trainer))
    } finally {
      this.#trainer = null
    }
  }

  /** From the request on. */
  begin(bench: TrainingBench, request: TrainRequest, onEvents: RunListener): Promise<RunResult> {
    return this.#locked(request.runId, async () => {
      const { id, sha256 } = bench.loaded.info
      const events = this.#eventBatch(bench, onEvents)
      try {
        await this.#files.saveRequest({ request, modelId: id, modelSha256: sha256 })
      } catch (thrown) {
        // Without storage the run still works; it just cannot be resumed.
        const { code, details } = toAppError(thrown)
        events.add({ kind: 'warning', step: 0, code, details })
      }
      return this.#run(bench, request, null, events)
    })
  }

  /** From the last checkpoint on. @throws AppError `adapter/wrong-base` for a run of another model */
  goOn(bench: TrainingBench, runId: string, onEvents: RunListener): Promise<RunResult> {
    return this.#locked(runId, async () => {
      const { request, modelSha256 } = await this.#files.loadRequest(runId)
      if (modelSha256 !== bench.loaded.info.sha256) throw wrongBase('the run was made on another model')
      const checkpoint = await this.#files.checkpoints(runId).latest()
      const { events: earlier } = await this.#files.loadCurves(runId)
      const events = this.#eventBatch(bench, onEvents)
      const step = checkpoint?.state.step ?? 0
      events.restore(checkpoint ? earlier.filter((event) => event.step <= step) : [])
      return this.#run(bench, request, checkpoint, events)
    })
  }

  async unfinished(): Promise<readonly UnfinishedRun[]> {
    const runs: UnfinishedRun[] = []
    for (const runId of await this.#files.runIds()) {
      const release = await this.#environment.lock(lockName(runId))
      if (!release) continue // it runs in another tab
      try {
        const { request, modelId } = await this.#files.loadRequest(runId)
        const { settings, corpusName } = request
        runs.push({ runId, corpusName, modelId, settings, ...(await this.#files.loadCurves(runId)) })
      } catch {
        await this.#files.discard(runId) // what cannot be read cannot be resumed
      } finally {
        release()
      }
    }
    return runs
  }

  discard(runId: string): Promise<void> {
    return this.#files.discard(runId)
  }

  #eventBatch({ device, now }: TrainingBench, onEvents: RunListener): EventBatch {
    return new EventBatch(onEvents, () => device.bytesByRole(), now)
  }

  async #run(
    bench: TrainingBench,
    request: TrainRequest,
    checkpoint: Checkpoint | null,
    events: EventBatch,
  ): Promise<RunResult> {
    const { device, loaded, now, withSession } = bench
    const { settings, runId } = request
    try {
      const session = recordTrainingSession(await loaded.onDevice(device, settings.precision), settings)
      mark('run recorded')
      return await withSession(session, null, async (executor) => {
        mark('run built')
        const trainer = new Trainer({
          settings,
          executor,
          plans: session.training,
          evaluation: session.evaluation,
          batch: session.batch,
          trained: session.adapter,
          start: startOfAdapter(session.adapter, settings.seed, continuedParameters(bench, request, checkpoint)),
          train: request.train,
          validation: request.validation,
          checkpoints: this.#files.checkpoints(runId),
          checkpointEveryMs: this.#environment.checkpointEveryMs ?? CHECKPOINT_EVERY_MS,
          report: (event) => {
            events.add(event)
            if (event.kind === 'step' && event.step === 1) mark('step 1')
            if (event.kind === 'validation' && event.step === 0) mark('validation 0')
            if (event.kind === 'checkpoint') this.#saveCurves(runId, event.step, events)
          },
          sample: pinnedSampler(bench, request, session, executor, events),
          now,
        })
        this.#trainer = trainer
        if (this.#isInterrupted) trainer.interrupt()
        const result = await trainer.run(checkpoint)
        const parameters = new Float32Array(await executor.read(session.adapter.parameters))
        const origin = { baseModel: loaded.info.id, baseSha256: loaded.info.sha256, notes: [] }
        const info = await describeAdapter(loaded, session.adapter.settings, parameters, origin)
        const provenance = { settings, result, corpusName: request.corpusName, data: dataFacts(request) }
        await bench.keep({ settings: session.adapter.settings, parameters, info, provenance }, request.corpusName)
        await this.#files.discard(runId).catch(() => undefined)
        return result
      })
    } finally {
      // The listener may still ask for an interrupt when it hears the last events: it is this run's.
      events.flush()
      this.#trainer = null
      this.#isInterrupted = false
    }
  }

  /** In the background: the curves are for looking at, and a run does not wait for them. */
  #saveCurves(runId: string, step: number, events: EventBatch): void {
    const curves = { savedAt: this.#environment.date(), step, events: events.history }
    void this.#files.saveCurves(runId, curves).catch(() => undefined)
  }

  async #locked<T>(runId: string, work: () => Promise<T>): Promise<T> {
    const release = await this.#environment.lock(lockName(runId))
    if (!release) throw new AppError('engine/busy', { message: `${runId} runs in another tab` })
    try {
      return await work()
    } finally {
      release()
    }
  }
}

/** What a run that continues an adapter starts from: the adapter, until its first checkpoint holds it. */
function continuedParameters(
  bench: TrainingBench,
  { continuesAdapter }: TrainRequest,
  checkpoint: Checkpoint | null,
): Float32Array | null {
  if (!continuesAdapter) return null
  return checkpoint?.parameters ?? bench.currentAdapter().parameters
}

function pinnedSampler(
  { loaded, now }: TrainingBench,
  { pinnedPrompts, sampleEvery, settings }: TrainRequest,
  session: TrainingSession,
  executor: Executor,
  events: EventBatch,
) {
  if (pinnedPrompts.length === 0) return null
  const generator = new Generator(executor, session.generation, loaded.tokenizer)
  // Greedy decoding of a small model loops; a little warmth with a fixed seed shows its voice.
  const sampling = { temperature: 0.7, topK: 40, topP: 0.95, seed: settings.seed, maxTokens: PINNED_ANSWER_TOKENS }
  const speak = async (step: number) => {
    for (const prompt of pinnedPrompts) {
      const { text } = await generator.generate({ prompt, sampling, now })
      events.add({ kind: 'sample', step, prompt: prompt.text, text })
      if (step === 0) mark('sample 0')
    }
  }
  return { every: sampleEvery, speak }
}

function lockName(runId: string): string {
  return `run:${runId}`
}
