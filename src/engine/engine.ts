// The engine: one device, one model, one adapter, one undertaking at a time. It composes the floors below
// and holds no mathematics. It takes what differs between a worker and Node from its environment.
import { writeAdapterArchive } from '../adapters/adapterArchive'
import { wrongBase } from '../adapters/peft'
import { AppError, toAppError } from '../base/errors'
import { blobSource, type FileSource } from '../formats/fileSource'
import { Generator } from '../generation/generator'
import type { GenerateResult } from '../generation/types'
import { linearNamesOf, linearShape, readModelConfig } from '../models/config'
import type { Model, Precision } from '../models/model'
import { declareAdapter, initialParameters, type LoraAdapter } from '../models/lora'
import type { Device, DeviceFacts } from '../plan/device'
import type { Executor } from '../plan/executor'
import { emptyBytesByRole, type BytesByRole } from '../plan/memory'
import type { Tokenizer, TokenSet } from '../text/types'
import type { Checkpoint, CheckpointStore } from '../training/checkpoint'
import { evaluate, type EvaluationOptions, type EvaluationResult } from '../training/evaluation'
import type { BatchShape } from '../training/program'
import { startOfAdapter } from '../training/start'
import { Trainer } from '../training/trainer'
import { exportHostAdapter } from './adapterExport'
import {
  combineHostAdapters,
  describeAdapter,
  nameOfFiles,
  readHostAdapter,
  singularValuesOf,
  type HostAdapter,
} from './adapterOnHost'
import { describeCard, linkAdapter, packAdapter, readLinkedAdapter } from './adapterPackage'
import { AdapterShelf } from './adapterShelf'
import type {
  AdapterCardText,
  AdapterExport,
  AdapterInfo,
  AdapterOrigin,
  AdapterShelfView,
  AdapterLink,
  AdapterPackage,
  CardRequest,
  CellMeasurement,
  CellRequest,
  ClusterExport,
  ClusterRequest,
  CombineRequest,
  DeviceReport,
  EngineApi,
  EvaluateRequest,
  GenerateRequest,
  InspectRequest,
  LinearInspection,
  LinkedAdapter,
  MergedExport,
  MergeListener,
  MergeRequest,
  OllamaChat,
  OnnxMeasurement,
  OnnxProvider,
  OnnxRequest,
  ModelFilesRequest,
  ModelInfo,
  NamedFile,
  PackageRequest,
  RunEstimate,
  RunListener,
  RunResult,
  StepListener,
  TextListener,
  TrainingSettings,
  TrainingTrial,
  TrainRequest,
  TrialRequest,
  UnfinishedRun,
} from './api'
import type { Bench } from './bench'
import { CellMeter } from './cellMeter'
import { clusterFiles } from './clusterFolder'
import { estimateRun } from './estimate'
import { EventBatch } from './eventBatch'
import { exportMerged } from './mergedExport'
import { measureOnnx } from './onnxMeter'
import type { OnnxEnvironment } from './onnxSession'
import { inspectWeights } from './lookInside'
import { LoadedModel } from './loadedModel'
import { measureInt8Products, withInt8Products, type Int8Products } from './int8Products'
import { fitTargets } from './presets'
import { dataFacts } from './provenance'
import { RunFiles } from './runFiles'
import { recordEvaluationSession, recordTrainingSession, type Session, type TrainingSession } from './session'
import { checkSettings } from './checkSettings'
import { speak, type SpeechControl } from './speech'
import { runTrial } from './trainingTrial'
import { Turns } from './turns'

/** A device and what it says of itself. */
export interface OpenDevice {
  readonly device: Device
  readonly facts: DeviceFacts
}

export interface EngineEnvironment {
  /** @throws AppError `device/no-webgpu`, `device/no-adapter` */
  readonly openDevice: () => Promise<OpenDevice>
  /** The files of the model at `location`: an address of this origin, or a folder. @throws AppError `file/not-readable` */
  readonly openLocation: (location: string) => Promise<readonly FileSource[]>
  readonly store: CheckpointStore
  /** ONNX Runtime Web: the reference beside us, and what tries an exported file. */
  readonly onnxRuntime: () => Promise<OnnxEnvironment>
  /** Takes an exclusive lock for this browser, or null when another tab holds it. */
  readonly lock: (name: string) => Promise<(() => void) | null>
  /** Time between two checkpoints of a run; 10 s unless said otherwise. */
  readonly checkpointEveryMs?: number
  /** Milliseconds, monotonic. */
  readonly now: () => number
  /** Milliseconds since 1970, to say when a run was saved. */
  readonly date: () => number
}

const CHECKPOINT_EVERY_MS = 10_000
const PINNED_ANSWER_TOKENS = 48

export class Engine implements EngineApi {
  readonly #environment: EngineEnvironment
  readonly #files: RunFiles
  readonly #meter = new CellMeter()
  /** Of this device; measured when an int8 model is first used. */
  #int8Products: Promise<Int8Products | null> | null = null
  #opening: Promise<OpenDevice> | null = null
  #device: Device | null = null
  #model: LoadedModel | null = null
  readonly #shelf: AdapterShelf
  #trainer: Trainer | null = null
  readonly #turns = new Turns()
  #isInterrupted = false
  /** The last answer that was asked for. */
  #speech: SpeechControl | null = null

  constructor(environment: EngineEnvironment) {
    this.#environment = environment
    this.#files = new RunFiles(environment.store)
    this.#shelf = new AdapterShelf(environment.store)
  }

  async inspectDevice(): Promise<DeviceReport> {
    return (await this.#open()).facts
  }

  async loadModel(location: string): Promise<ModelInfo> {
    const id = location.replace(/\/+$/, '').split('/').at(-1) ?? location
    return this.#exclusive(async () => this.#loadFrom(id, await this.#environment.openLocation(location)))
  }

  async openModel({ name, files }: ModelFilesRequest): Promise<ModelInfo> {
    return this.#exclusive(() =>
      this.#loadFrom(
        name,
        files.map((file) => blobSource(file.blob, file.name)),
      ),
    )
  }

  async planRun(settings: TrainingSettings): Promise<RunEstimate> {
    return estimateRun(this.#loaded().config, settings)
  }

  async planModel(json: unknown, settings: TrainingSettings): Promise<RunEstimate> {
    const config = readModelConfig(json)
    return estimateRun(config, {
      ...settings,
      targets: fitTargets(settings.targets, linearNamesOf(config)),
      sequenceLength: Math.min(settings.sequenceLength, config.maxTokens),
    })
  }

  async train(asked: TrainRequest, onEvents: RunListener): Promise<RunResult> {
    return this.#exclusive(async () => {
      const { info } = this.#loaded()
      const request = this.#withLoraOfAdapter(asked)
      checkSettings(request.settings, this.#loaded().config)
      return this.#locked(request.runId, async () => {
        const events = new EventBatch(onEvents, () => this.#memoryNow(), this.#environment.now)
        try {
          await this.#files.saveRequest({ request, modelId: info.id, modelSha256: info.sha256 })
        } catch (thrown) {
          // Without storage the run still works; it just cannot be resumed.
          const { code, details } = toAppError(thrown)
          events.add({ kind: 'warning', step: 0, code, details })
        }
        return this.#runTraining(request, null, events)
      })
    })
  }

  async trainTrial(request: TrialRequest, onStep: StepListener): Promise<TrainingTrial> {
    return this.#exclusive(async () => {
      checkSettings(request.settings, this.#loaded().config)
      const onTrainer = (trainer: Trainer) => (this.#trainer = trainer)
      try {
        return await runTrial({ ...(await this.#bench()), onTrainer }, request, onStep)
      } finally {
        this.#trainer = null
      }
    })
  }

  pause(): Promise<void> {
    this.#trainer?.pause()
    return Promise.resolve()
  }

  resume(): Promise<void> {
    this.#trainer?.resume()
    return Promise.resolve()
  }

  stop(): Promise<void> {
    this.#trainer?.stop()
    return Promise.resolve()
  }

  /** Ends the run at the next step border with a checkpoint; `train` then rejects with `run/interrupted`. */
  interrupt(): void {
    this.#isInterrupted = true
    this.#trainer?.interrupt()
  }

  /** How the loaded model reads text. @throws AppError `engine/no-model` */
  tokenizer(): Tokenizer {
    return this.#loaded().tokenizer
  }

  async unfinishedRuns(): Promise<readonly UnfinishedRun[]> {
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

  async resumeRun(runId: string, onEvents: RunListener): Promise<RunResult> {
    return this.#exclusive(() =>
      this.#locked(runId, async () => {
        const { request, modelSha256 } = await this.#files.loadRequest(runId)
        if (modelSha256 !== this.#loaded().info.sha256) {
          throw wrongBase('the run was made on another model')
        }
        const checkpoint = await this.#files.checkpoints(runId).latest()
        const { events: earlier } = await this.#files.loadCurves(runId)
        const events = new EventBatch(onEvents, () => this.#memoryNow(), this.#environment.now)
        const step = checkpoint?.state.step ?? 0
        events.restore(checkpoint ? earlier.filter((event) => event.step <= step) : [])
        return this.#runTraining(request, checkpoint, events)
      }),
    )
  }

  discardRun(runId: string): Promise<void> {
    return this.#files.discard(runId)
  }

  async generate(request: GenerateRequest, onText: TextListener): Promise<GenerateResult> {
    const control = { strength: request.adapterStrength ?? 1, isStopped: false }
    if (this.#turns.admits) this.#speech = control
    return this.#exclusive(async () => {
      const bench = await this.#bench()
      const own = request.usesAdapter ? await this.#shelf.adapterOf(request.adapterId) : null
      const model = await this.#withInt8Products(await bench.loaded.onDevice(bench.device, request.precision))
      return speak(bench, { model, own, control }, request, onText)
    })
  }

  stopGenerating(): Promise<void> {
    if (this.#speech) this.#speech.isStopped = true
    return Promise.resolve()
  }

  setAdapterStrength(strength: number): Promise<void> {
    if (this.#speech) this.#speech.strength = strength
    return Promise.resolve()
  }

  async evaluate(
    { set, wantsTokenLosses = false, ...cell }: EvaluateRequest,
    onProgress?: (done: number, all: number) => void,
  ): Promise<EvaluationResult> {
    const options = { wantsTokenLosses, ...(onProgress ? { onProgress } : {}) }
    return this.#exclusive(() =>
      this.#withModel(cell, (model, adapter, device) => this.#evaluate(device, model, adapter, set, options)),
    )
  }

  async measureCell(request: CellRequest): Promise<CellMeasurement> {
    return this.#exclusive(async () => {
      const bench = await this.#bench()
      const lent = {
        ...bench,
        declareAdapter: () => this.#declareAdapter(request),
        int8Products: () => this.#measuredInt8Products(),
        evaluate: (model: Model, adapter: LoraAdapter | null, set: TokenSet) =>
          this.#evaluate(bench.device, model, adapter, set),
      }
      return this.#meter.measure(lent, request)
    })
  }

  async onnxProviders(): Promise<readonly OnnxProvider[]> {
    return (await this.#environment.onnxRuntime()).providers
  }

  async measureOnnx(request: OnnxRequest): Promise<OnnxMeasurement> {
    const { runtime } = await this.#environment.onnxRuntime()
    return this.#exclusive(async () => measureOnnx(await this.#bench(), runtime, request))
  }

  async inspectLinear({ layer, linear }: InspectRequest): Promise<LinearInspection> {
    return this.#exclusive(async () => {
      const loaded = this.#loaded()
      const { layers } = loaded.config
      if (layer >= layers || !linearNamesOf(loaded.config).includes(linear)) {
        throw new AppError('model/unsupported', { message: `${linear} of layer ${layer} is not in ${loaded.info.id}` })
      }
      const { inputs, outputs } = linearShape(loaded.config, linear)
      return {
        layer,
        linear,
        inputs,
        outputs,
        ...inspectWeights(await loaded.linearWeights(layer, linear), inputs),
        singular: this.#shelf.current && singularValuesOf(loaded.config, this.#shelf.current, { layer, linear }),
      }
    })
  }

  async exportAdapter(chat?: OllamaChat): Promise<AdapterExport> {
    // A page asks for it by itself, whatever else is under way.
    const work = async () => exportHostAdapter(await this.#bench(), this.#currentAdapter(), chat)
    return this.#briefly(work, { waits: true })
  }

  async adapterCard(request: CardRequest): Promise<AdapterCardText> {
    return describeCard(this.#loaded(), this.#currentAdapter(), request)
  }

  async packAdapter(request: PackageRequest): Promise<AdapterPackage> {
    return packAdapter(this.#loaded(), this.#currentAdapter(), request)
  }

  async linkAdapter(baseRevision: string | null): Promise<AdapterLink> {
    return linkAdapter(this.#loaded(), this.#currentAdapter(), baseRevision)
  }

  readLink(text: string): Promise<LinkedAdapter> {
    return readLinkedAdapter(text)
  }

  async exportCluster({ settings: asked, train, continuesAdapter }: ClusterRequest): Promise<ClusterExport> {
    const loaded = this.#loaded()
    const settings = continuesAdapter ? this.#withLoraOf(this.#currentAdapter(), asked) : asked
    checkSettings(settings, loaded.config)
    const parameters = continuesAdapter
      ? this.#currentAdapter().parameters
      : initialParameters(declareAdapter(loaded.config, settings), settings.seed)
    const files = clusterFiles(loaded, { settings, start: { settings, parameters }, train })
    return { files, zip: writeAdapterArchive(files) }
  }

  async exportMerged(request: MergeRequest, onPiece: MergeListener): Promise<MergedExport> {
    return this.#exclusive(async () => {
      const adapter = this.#currentAdapter()
      const { onnxRuntime } = this.#environment
      return exportMerged({ ...(await this.#bench()), adapter, onnxRuntime }, request, onPiece)
    })
  }

  async importAdapter(files: readonly NamedFile[]): Promise<AdapterInfo> {
    return this.#briefly(async () => {
      const adapter = await readHostAdapter(this.#loaded(), files)
      await this.#keep(adapter, nameOfFiles(files), 'opened')
      return adapter.info
    })
  }

  currentAdapter(): Promise<AdapterInfo | null> {
    return Promise.resolve(this.#shelf.current?.info ?? null)
  }

  adapters(): Promise<AdapterShelfView> {
    return Promise.resolve(this.#shelf.view())
  }

  chooseAdapter(id: string | null): Promise<void> {
    return this.#briefly(() => this.#shelf.choose(id))
  }

  renameAdapter(id: string, name: string): Promise<void> {
    return this.#briefly(() => this.#shelf.rename(id, name))
  }

  deleteAdapter(id: string): Promise<void> {
    return this.#briefly(() => this.#shelf.remove(id))
  }

  combineAdapters({ name, terms }: CombineRequest): Promise<AdapterInfo> {
    return this.#briefly(async () => {
      const parts: (HostAdapter & { readonly weight: number })[] = []
      for (const { id, weight } of terms) parts.push({ ...(await this.#shelf.adapterOf(id)), weight })
      const adapter = await combineHostAdapters(this.#loaded(), parts)
      await this.#keep(adapter, name, 'combined')
      return adapter.info
    })
  }

  memory(): Promise<BytesByRole> {
    return Promise.resolve(this.#memoryNow())
  }

  async #runTraining(request: TrainRequest, checkpoint: Checkpoint | null, events: EventBatch): Promise<RunResult> {
    const loaded = this.#loaded()
    const { settings, runId } = request
    const { device } = await this.#open()
    const model = await loaded.onDevice(device, settings.precision)
    const session = recordTrainingSession(model, settings)
    try {
      return await this.#withSession(device, session, null, async (executor) => {
        const trainer = new Trainer({
          settings,
          executor,
          plans: session.training,
          evaluation: session.evaluation,
          batch: session.batch,
          trained: session.adapter,
          start: startOfAdapter(session.adapter, settings.seed, this.#continuedParameters(request, checkpoint)),
          train: request.train,
          validation: request.validation,
          checkpoints: this.#files.checkpoints(runId),
          checkpointEveryMs: this.#environment.checkpointEveryMs ?? CHECKPOINT_EVERY_MS,
          report: (event) => {
            events.add(event)
            if (event.kind === 'checkpoint') this.#saveCurves(runId, event.step, events)
          },
          sample: this.#pinnedSampler(request, session, executor, events),
          now: this.#environment.now,
        })
        this.#trainer = trainer
        if (this.#isInterrupted) trainer.interrupt()
        const result = await trainer.run(checkpoint)
        const parameters = new Float32Array(await executor.read(session.adapter.parameters))
        const origin = { baseModel: loaded.info.id, baseSha256: loaded.info.sha256, notes: [] }
        const info = await describeAdapter(loaded, session.adapter.settings, parameters, origin)
        const provenance = { settings, result, corpusName: request.corpusName, data: dataFacts(request) }
        await this.#keep(
          { settings: session.adapter.settings, parameters, info, provenance },
          request.corpusName,
          'trained',
        )
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

  #withLoraOfAdapter(request: TrainRequest): TrainRequest {
    if (!request.continuesAdapter) return request
    return { ...request, settings: this.#withLoraOf(this.#currentAdapter(), request.settings) }
  }

  #withLoraOf({ settings: lora }: HostAdapter, settings: TrainingSettings): TrainingSettings {
    const { rank, alpha, usesRsLora, targets, rankPattern, alphaPattern } = lora
    const patterns = { ...(rankPattern && { rankPattern }), ...(alphaPattern && { alphaPattern }) }
    return { ...settings, rank, alpha, usesRsLora, targets, ...patterns }
  }

  /** What a run that continues an adapter starts from: the adapter, until its first checkpoint holds it. */
  #continuedParameters({ continuesAdapter }: TrainRequest, checkpoint: Checkpoint | null): Float32Array | null {
    if (!continuesAdapter) return null
    return checkpoint?.parameters ?? this.#currentAdapter().parameters
  }

  async #loadFrom(id: string, sources: readonly FileSource[]): Promise<ModelInfo> {
    const model = await LoadedModel.open(id, sources)
    const { device } = await this.#open()
    this.#model?.leaveDevice(device)
    this.#model = model
    await model.onDevice(device, 'float32')
    await this.#shelf.open(model, this.#environment.date())
    return model.info
  }

  /** Makes `adapter` the current one, also for the next visit: a closed tab loses nothing. */
  async #keep(adapter: HostAdapter, name: string, origin: AdapterOrigin): Promise<void> {
    await this.#shelf.add(adapter, { name, origin, keptAt: this.#environment.date() })
  }

  #pinnedSampler(request: TrainRequest, session: TrainingSession, executor: Executor, events: EventBatch) {
    const { pinnedPrompts, sampleEvery, settings } = request
    if (pinnedPrompts.length === 0) return null
    const generator = new Generator(executor, session.generation, this.#loaded().tokenizer)
    // Greedy decoding of a small model loops; a little warmth with a fixed seed shows its voice.
    const sampling = { temperature: 0.7, topK: 40, topP: 0.95, seed: settings.seed, maxTokens: PINNED_ANSWER_TOKENS }
    const speak = async (step: number) => {
      for (const prompt of pinnedPrompts) {
        const { text } = await generator.generate({ prompt, sampling, now: this.#environment.now })
        events.add({ kind: 'sample', step, prompt: prompt.text, text })
      }
    }
    return { every: sampleEvery, speak }
  }

  /** In the background: the curves are for looking at, and a run does not wait for them. */
  #saveCurves(runId: string, step: number, events: EventBatch): void {
    const curves = { savedAt: this.#environment.date(), step, events: events.history }
    void this.#files.saveCurves(runId, curves).catch(() => undefined)
  }

  async #evaluate(
    device: Device,
    model: Model,
    adapter: LoraAdapter | null,
    set: TokenSet,
    options: EvaluationOptions = {},
  ): Promise<EvaluationResult> {
    const shape: BatchShape = { batchSize: Math.min(4, set.sequences), sequenceLength: set.sequenceLength }
    const session = recordEvaluationSession(model, adapter, shape)
    return this.#withSession(device, session, adapter, (executor) =>
      evaluate(executor, session.evaluation, session.batch, shape, set, options),
    )
  }

  async #withModel<T>(
    { precision, usesAdapter }: { precision: Precision; usesAdapter: boolean },
    work: (model: Model, adapter: LoraAdapter | null, device: Device) => Promise<T>,
  ): Promise<T> {
    const loaded = this.#loaded()
    const adapter = this.#declareAdapter({ usesAdapter })
    const { device } = await this.#open()
    return work(await this.#withInt8Products(await loaded.onDevice(device, precision)), adapter, device)
  }

  async #bench(): Promise<Bench> {
    const { device } = await this.#open()
    return {
      device,
      loaded: this.#loaded(),
      now: this.#environment.now,
      withSession: (session, adapter, work) => this.#withSession(device, session, adapter, work),
    }
  }

  async #withInt8Products(model: Model): Promise<Model> {
    return model.precision === 'int8' ? withInt8Products(model, await this.#measuredInt8Products()) : model
  }

  /** null where the shading language has no such products, or says so and then cannot compile them. */
  async #measuredInt8Products(): Promise<Int8Products | null> {
    const { device, facts } = await this.#open()
    if (!facts.hasInt8Products) return null
    this.#int8Products ??= measureInt8Products(device, this.#environment.now).catch(() => null)
    return this.#int8Products
  }

  #declareAdapter({ usesAdapter }: { usesAdapter: boolean }): LoraAdapter | null {
    return usesAdapter ? declareAdapter(this.#loaded().config, this.#currentAdapter().settings) : null
  }

  /** Builds the session on the device, with the current adapter in `adapter`, and frees it in the end. */
  async #withSession<T>(
    device: Device,
    session: Session,
    adapter: LoraAdapter | null,
    work: (executor: Executor) => Promise<T>,
  ): Promise<T> {
    let executor: Executor | null = null
    try {
      executor = await device.build(session.plans, session.reads)
      if (adapter) executor.write(adapter.parameters, this.#currentAdapter().parameters)
      return await work(executor)
    } finally {
      executor?.dispose()
      for (const tensor of session.owned) device.free(tensor)
    }
  }

  /** For what takes a second or two. */
  #briefly<T>(work: () => Promise<T>, { waits = false } = {}): Promise<T> {
    return this.#turns.take(() => this.#minding(work), { isBrief: true, waits })
  }

  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns.take(() => this.#minding(work))
  }

  /** With an eye on the device. */
  async #minding<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (thrown) {
      const error = toAppError(thrown)
      if (error.code === 'device/lost') this.#forgetDevice()
      throw error
    }
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

  #open(): Promise<OpenDevice> {
    this.#opening ??= this.#environment.openDevice().then(
      (opened) => {
        this.#device = opened.device
        return opened
      },
      (thrown: unknown) => {
        this.#opening = null // the next call may find one
        throw thrown
      },
    )
    return this.#opening
  }

  /** After a loss: what was on the device is gone, what is on the host stays. The next call asks for a new one. */
  #forgetDevice(): void {
    if (this.#device) this.#model?.leaveDevice(this.#device)
    this.#device = null
    this.#opening = null
    this.#int8Products = null
  }

  #loaded(): LoadedModel {
    if (!this.#model) throw new AppError('engine/no-model', { message: 'loadModel has not been called' })
    return this.#model
  }

  #currentAdapter(): HostAdapter {
    if (!this.#shelf.current) throw new AppError('adapter/files-missing', { message: 'there is no adapter yet' })
    return this.#shelf.current
  }

  #memoryNow(): BytesByRole {
    return this.#device?.bytesByRole() ?? emptyBytesByRole()
  }
}

function lockName(runId: string): string {
  return `run:${runId}`
}
