// The engine: one device, one model, one adapter, one undertaking at a time. It composes the floors below
// and holds no mathematics. It takes what differs between a worker and Node from its environment.
import { writeAdapterArchive } from '../adapters/adapterArchive'
import { AppError, toAppError } from '../base/errors'
import { mark } from '../base/timeline'
import { blobSource, type FileSource } from '../formats/fileSource'
import type { GenerateResult } from '../generation/types'
import { linearNamesOf, linearShape, readModelConfig } from '../models/config'
import { declareModel, type Model, type Precision } from '../models/model'
import { declareAdapter, initialParameters, type LoraAdapter } from '../models/lora'
import type { Device, DeviceFacts } from '../plan/device'
import type { Executor } from '../plan/executor'
import { emptyBytesByRole, type BytesByRole } from '../plan/memory'
import type { Tokenizer, TokenSet } from '../text/types'
import { evaluate, type EvaluationOptions, type EvaluationResult } from '../training/evaluation'
import type { BatchShape } from '../training/program'
import { exportHostAdapter } from './adapterExport'
import { combineHostAdapters, nameOfFiles, readHostAdapter, singularValuesOf, type HostAdapter } from './adapterOnHost'
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
  BenchKernel,
  BenchRow,
  CardRequest,
  CellMeasurement,
  CellRequest,
  Ceilings,
  ClusterExport,
  ClusterRequest,
  CombineRequest,
  DeviceReport,
  EngineApi,
  EvaluateRequest,
  GenerateRequest,
  InspectRequest,
  KernelRequest,
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
  StepsRequest,
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
import { benchKernelsOf, measureDevice, measureKernel, measureSteps } from './deviceMeter'
import { estimateRun } from './estimate'
import { requireFloat16 } from './float16Products'
import { exportMerged } from './mergedExport'
import { measureOnnx } from './onnxMeter'
import type { OnnxEnvironment } from './onnxSession'
import { inspectWeights } from './lookInside'
import { LoadedModel } from './loadedModel'
import { measureInt8Products, withInt8Products, type Int8Products } from './int8Products'
import { fitTargets } from './presets'
import { recordEvaluationSession, recordTrainingSession, type Session } from './session'
import { checkSettings } from './checkSettings'
import { speak, type SpeechControl } from './speech'
import { TrainingRuns, type TrainingBench, type TrainingEnvironment } from './trainingRuns'
import { runTrial } from './trainingTrial'
import { Turns } from './turns'

/** A device and what it says of itself. */
export interface OpenDevice {
  readonly device: Device
  readonly facts: DeviceFacts
}

export interface EngineEnvironment extends TrainingEnvironment {
  /** @throws AppError `device/no-webgpu`, `device/no-adapter` */
  readonly openDevice: () => Promise<OpenDevice>
  /** The files of the model at `location`: an address of this origin, or a folder. @throws AppError `file/not-readable` */
  readonly openLocation: (location: string) => Promise<readonly FileSource[]>
  /** ONNX Runtime Web: the reference beside us, and what tries an exported file. */
  readonly onnxRuntime: () => Promise<OnnxEnvironment>
  /** Milliseconds, monotonic. */
  readonly now: () => number
}

export class Engine implements EngineApi {
  readonly #environment: EngineEnvironment
  readonly #runs: TrainingRuns
  readonly #meter = new CellMeter()
  /** Of this device; measured when an int8 model is first used. */
  #int8Products: Promise<Int8Products | null> | null = null
  #opening: Promise<OpenDevice> | null = null
  #device: Device | null = null
  #model: LoadedModel | null = null
  readonly #shelf: AdapterShelf
  readonly #turns = new Turns()
  /** The last answer that was asked for. */
  #speech: SpeechControl | null = null

  constructor(environment: EngineEnvironment) {
    this.#environment = environment
    this.#runs = new TrainingRuns(environment)
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
    const { config } = this.#loaded()
    // What cannot be done here is said before it is begun. While something is under way, the run will say it.
    if (settings.precision === 'float16' && this.#turns.admits) {
      const { device } = await this.#open()
      await this.#briefly(() => requireFloat16(device))
    }
    return estimateRun(config, settings)
  }

  async planModel(json: unknown, settings: TrainingSettings): Promise<RunEstimate> {
    const config = readModelConfig(json)
    return estimateRun(config, {
      ...settings,
      targets: fitTargets(settings.targets, linearNamesOf(config)),
      sequenceLength: Math.min(settings.sequenceLength, config.maxTokens),
    })
  }

  async foreseeRun(json: unknown, settings: TrainingSettings): Promise<void> {
    const { device } = await this.#open()
    const config = readModelConfig(json)
    checkSettings(settings, config)
    const { training } = recordTrainingSession(declareModel(config, settings.precision), settings)
    device.foresee([training.micro, training.update])
  }

  async train(asked: TrainRequest, onEvents: RunListener): Promise<RunResult> {
    return this.#exclusive(async () => {
      const { config } = this.#loaded()
      const request = this.#withLoraOfAdapter(asked)
      checkSettings(request.settings, config)
      return this.#runs.begin(await this.#trainingBench(), request, onEvents)
    })
  }

  async trainTrial(request: TrialRequest, onStep: StepListener): Promise<TrainingTrial> {
    return this.#exclusive(async () => {
      checkSettings(request.settings, this.#loaded().config)
      const bench = await this.#bench()
      return this.#runs.controlling((onTrainer) => runTrial({ ...bench, onTrainer }, request, onStep))
    })
  }

  pause(): Promise<void> {
    this.#runs.pause()
    return Promise.resolve()
  }

  resume(): Promise<void> {
    this.#runs.resume()
    return Promise.resolve()
  }

  stop(): Promise<void> {
    this.#runs.stop()
    return Promise.resolve()
  }

  /** Ends the run at the next step border with a checkpoint; `train` then rejects with `run/interrupted`. */
  interrupt(): void {
    this.#runs.interrupt()
  }

  /** How the loaded model reads text. @throws AppError `engine/no-model` */
  tokenizer(): Tokenizer {
    return this.#loaded().tokenizer
  }

  unfinishedRuns(): Promise<readonly UnfinishedRun[]> {
    return this.#runs.unfinished()
  }

  resumeRun(runId: string, onEvents: RunListener): Promise<RunResult> {
    return this.#exclusive(async () => this.#runs.goOn(await this.#trainingBench(), runId, onEvents))
  }

  discardRun(runId: string): Promise<void> {
    return this.#runs.discard(runId)
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

  async benchKernels(): Promise<readonly BenchKernel[]> {
    return benchKernelsOf((await this.#open()).facts)
  }

  async measureCeilings(rounds: number): Promise<Ceilings> {
    return this.#exclusive(async () => measureDevice(await this.#open(), { rounds, now: this.#environment.now }))
  }

  async measureKernel({ index, ...options }: KernelRequest): Promise<BenchRow> {
    const { now } = this.#environment
    return this.#exclusive(async () => measureKernel(await this.#open(), index, { ...options, now }))
  }

  async measureSteps(request: StepsRequest): Promise<readonly BenchRow[]> {
    return this.#exclusive(async () => measureSteps(await this.#bench(), request))
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

  #withLoraOfAdapter(request: TrainRequest): TrainRequest {
    if (!request.continuesAdapter) return request
    return { ...request, settings: this.#withLoraOf(this.#currentAdapter(), request.settings) }
  }

  #withLoraOf({ settings: lora }: HostAdapter, settings: TrainingSettings): TrainingSettings {
    const { rank, alpha, usesRsLora, targets, rankPattern, alphaPattern } = lora
    const patterns = { ...(rankPattern && { rankPattern }), ...(alphaPattern && { alphaPattern }) }
    return { ...settings, rank, alpha, usesRsLora, targets, ...patterns }
  }

  async #loadFrom(id: string, sources: readonly FileSource[]): Promise<ModelInfo> {
    const model = await LoadedModel.open(id, sources)
    const { device } = await this.#open()
    this.#model?.leaveDevice(device)
    this.#model = model
    await model.onDevice(device, 'float32').catch((thrown: unknown) => {
      // It may have room in fewer bits: whoever asks for a precision is told.
      if (toAppError(thrown).code !== 'device/out-of-memory') throw thrown
    })
    await this.#shelf.open(model, this.#environment.date())
    mark('model ready')
    return model.info
  }

  /** Makes `adapter` the current one, also for the next visit: a closed tab loses nothing. */
  async #keep(adapter: HostAdapter, name: string, origin: AdapterOrigin): Promise<void> {
    await this.#shelf.add(adapter, { name, origin, keptAt: this.#environment.date() })
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

  async #trainingBench(): Promise<TrainingBench> {
    return {
      ...(await this.#bench()),
      currentAdapter: () => this.#currentAdapter(),
      keep: (adapter, name) => this.#keep(adapter, name, 'trained'),
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
      executor = await device.build(session.plans, session.reads, session.later)
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

  #open(): Promise<OpenDevice> {
    this.#opening ??= this.#environment.openDevice().then(
      (opened) => {
        this.#device = opened.device
        mark('device ready')
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
