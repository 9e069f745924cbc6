// What the product can do, as plain data. Everything here crosses a worker border by structured clone:
// no class instance, no function but the listeners, no GPU object. Read this first.
import type { Measurement } from '../base/measurement'
import type { BenchRow, Ceilings } from '../benchmark/roofline'
import type { Divergence } from '../training/divergence'
import type { Int8Products } from './int8Products'
import type { FilePiece } from '../adapters/modelArchive'
import type { LinearInspection } from './lookInside'
import type { MergedForm, OnnxPrecision } from './mergedTypes'
import type { OnnxProvider } from './onnxSession'
import type {
  AdapterCardText,
  AdapterLink,
  AdapterPackage,
  CardRequest,
  LinkedAdapter,
  PackageRequest,
} from './packageTypes'
import type { Speed } from './speed'
import type { GenerateResult, SamplingSettings } from '../generation/types'
import type { LinearName } from '../models/families/family'
import type { DeviceFacts } from '../plan/device'
import type { Precision } from '../plan/precision'
import type { BytesByRole } from '../plan/memory'
import type { ChatTemplateRequest } from '../text/chatTemplate'
import type { ModelTemplate } from '../text/modelTemplate'
import type { OllamaChat } from '../text/ollamaChat'
import type { ColumnMapping, CorpusFix, PreparedCorpus, Prompt, RenderedChat, TokenSet } from '../text/types'
import type { RunEvent, RunResult, TrainingSettings } from '../training/types'

export { shareOfFloor, type BenchRow, type Ceilings } from '../benchmark/roofline'
export type { Int8Products } from './int8Products'
export { unsupportedReasons, type UnsupportedReason } from '../adapters/refusals'
export {
  formName,
  ggufTypes,
  mergedBytes,
  mergedDTypes,
  mergedForms,
  onnxPrecisions,
  SHARD_BYTES,
  type MergedForm,
  type OnnxPrecision,
} from './mergedTypes'
export type { OnnxProvider } from './onnxSession'
export * from './packageTypes'
export type { FilePiece } from '../adapters/modelArchive'
export type { Histogram, LinearInspection, WeightBlock } from './lookInside'
export type { Measurement } from '../base/measurement'
export type { Divergence } from '../training/divergence'
export type { GenerateResult, SamplingSettings } from '../generation/types'
export type { KernelChoice } from '../plan/device'
export type { Way } from '../plan/kernelSpec'
export type { BytesByRole } from '../plan/memory'
export type { ChatTemplateRequest } from '../text/chatTemplate'
export { trialConversation, type ModelTemplate } from '../text/modelTemplate'
export type { OllamaChat } from '../text/ollamaChat'
export type { Prompt, RenderedChat } from '../text/types'
export type * from '../training/types'

export { gpt2LinearNames, linearNames, type LinearName } from '../models/families/family'
export { precisions, type Precision } from '../plan/precision'

/** What this browser and GPU can do. */
export type DeviceReport = DeviceFacts

export interface ModelInfo {
  readonly id: string
  readonly name: string
  /** SHA-256 of the weights file: how an adapter recognises its base. */
  readonly sha256: string
  readonly architecture: string
  readonly layers: number
  readonly width: number
  readonly heads: number
  readonly keyValueHeads: number
  readonly headWidth: number
  readonly feedForward: number
  /** What an adapter can be put on. */
  readonly linears: readonly LinearName[]
  readonly vocabulary: number
  readonly maxTokens: number
  readonly parameters: number
  readonly hasTiedHead: boolean
  /** Small enough, and of a kind, that all its weights can be trained. */
  readonly canTrainWhole: boolean
  /** Bytes of the files that were fetched. */
  readonly fileBytes: number
  /** How the model writes conversations; null where it brings no template. */
  readonly chatTemplate: ModelTemplate | null
}

/** What a run will take, computed before anything is allocated. */
export interface RunEstimate {
  /** Of the base. */
  readonly precision: Precision
  readonly memory: BytesByRole
  /** The same run on a float32 base, for the ghost line. */
  readonly memoryInFloat32: BytesByRole
  readonly trainableParameters: number
  readonly totalParameters: number
  /** Bytes of the weights of the layers' linears and of the head as stored on the device, scales included. */
  readonly linearWeightBytes: number
  readonly tokensPerStep: number
  /** Floating-point operations of one optimizer step. */
  readonly flopsPerStep: number
  readonly largestBufferBytes: number
}

/** Called with everything new since the last call, at most ten times a second. */
export type RunListener = (events: readonly RunEvent[], memory: BytesByRole) => void

export interface TrainRequest {
  readonly runId: string
  readonly settings: TrainingSettings
  readonly train: TokenSet
  readonly validation: TokenSet | null
  /** Answered by the model as it learns. */
  readonly pinnedPrompts: readonly Prompt[]
  readonly sampleEvery: number
  /** A name for people: the corpus. */
  readonly corpusName: string
  /**
   * Starts from the current adapter instead of a fresh one. Rank, alpha, rsLoRA and targets are then the
   * adapter's, whatever the settings say; the optimizer starts anew.
   */
  readonly continuesAdapter?: boolean
}

/** A run that was not finished when its tab closed. */
export interface UnfinishedRun {
  readonly runId: string
  readonly corpusName: string
  readonly modelId: string
  readonly step: number
  readonly settings: TrainingSettings
  readonly savedAt: number
  /** What the curves looked like until then. */
  readonly events: readonly RunEvent[]
}

export interface GenerateRequest {
  readonly prompt: Prompt
  readonly precision: Precision
  readonly usesAdapter: boolean
  /** Which of those on the shelf; the current one unless said. */
  readonly adapterId?: string
  /** How much of the adapter: 0 is the base, 1 (the default) as trained, 2 twice as far. */
  readonly adapterStrength?: number
  readonly sampling: SamplingSettings
}

/** One piece of an answer, and how likely the model held it; the pieces joined are the text. */
export type TextListener = (piece: string, probability: number) => void

export interface CellRequest {
  readonly precision: Precision
  readonly usesAdapter: boolean
  /** Text to measure perplexity on; null when there is none. */
  readonly validation: TokenSet | null
}

export interface InspectRequest {
  readonly layer: number
  readonly linear: LinearName
}

export interface EvaluateRequest {
  readonly precision: Precision
  readonly usesAdapter: boolean
  readonly set: TokenSet
  /** Also give the loss of every token. */
  readonly wantsTokenLosses?: boolean
}

/** Mean loss in nats per labelled token; its spread is the standard error over sequences. */
export interface Evaluation extends Measurement {
  /** As long as the set's labels: the loss of each labelled token, 0 where there is no label. */
  readonly tokenLosses?: Float32Array
}

/** One cell of {base, adapter} x {float32, int8}, measured on the spot. */
export interface CellMeasurement {
  readonly precision: Precision
  readonly usesAdapter: boolean
  /** Bytes on the GPU to answer a prompt. */
  readonly memory: BytesByRole
  readonly linearWeightBytes: number
  readonly prefillTokensPerSecond: Measurement
  readonly decodeTokensPerSecond: Measurement
  readonly firstTokenMs: Measurement
  /** Of an int8 cell: whether a prompt is read with int8 activations too, by a measurement; null where it cannot be. */
  readonly int8Products: Int8Products | null
  /** From the model's files to weights on the GPU, quantized on the way where the cell is int8. Once. */
  readonly loadMs: number
  /** Mean over the validation tokens; its spread is the standard error over sequences. */
  readonly validationLoss: Measurement | null
  /** The same over a general text of ours: what a model forgot. */
  readonly generalLoss: Measurement
  /** Its predictions against those of the base in float32, on held-out text; null for that base itself. */
  readonly fromReference: Divergence | null
}

export interface NamedFile {
  readonly name: string
  readonly bytes: Uint8Array
}

/** A folder in Hugging Face's layout, or single files of one. */
export interface ModelFilesRequest {
  readonly name: string
  /** Names may be paths. A Blob crosses to the worker without its bytes. */
  readonly files: readonly { readonly name: string; readonly blob: Blob }[]
  /** The hub's commit, for files from there. */
  readonly revision?: string
}

export interface AdapterInfo {
  readonly rank: number
  readonly alpha: number
  readonly usesRsLora: boolean
  readonly targets: readonly LinearName[]
  readonly parameters: number
  readonly baseModel: string
  /** SHA-256 of the weights that it says it belongs to; null where it does not say. */
  readonly baseSha256: string | null
  /** True when that is this very base, false when only names and shapes fit. */
  readonly matchesBaseHash: boolean
  /** False when every B is zero: the adapter changes nothing yet. */
  readonly hasEffect: boolean
  /** ||scale B A|| / ||W|| per layer and linear: how far each moved. */
  readonly movement: readonly { readonly layer: number; readonly linear: LinearName; readonly share: number }[]
  /** Keys of the config we do not know and ignored. */
  readonly notes: readonly string[]
}

export interface AdapterExport {
  /** adapter_config.json, adapter_model.safetensors, README.md */
  readonly files: readonly NamedFile[]
  readonly zip: Uint8Array
  /** The same adapter for llama.cpp and what is built on it. */
  readonly gguf: NamedFile
  /** The same as a zip for mlx-lm; null for GPT-2, which it names otherwise. */
  readonly mlx: NamedFile | null
  /** How Ollama is told of the GGUF file; null where nobody said how the model holds conversations. */
  readonly modelfile: NamedFile | null
  /** What the Modelfile says of conversations. */
  readonly chat: OllamaChat | null
  readonly info: AdapterInfo
  /** The files were read back by the strict reader and every value compared. */
  readonly isVerified: true
  readonly proof: AdapterProof
}

/** What was read back gave these logits, on the first tokens of a general text. */
export interface AdapterProof {
  readonly tokens: number
  /** Of each file: how far a logit is at most from the live model's, over the largest logit. */
  readonly files: readonly { readonly name: string; readonly largestDifference: number }[]
}

/** How an adapter came onto the shelf. */
export type AdapterOrigin = 'trained' | 'opened' | 'combined'

/** An adapter of this base that is kept here. */
export interface KeptAdapter {
  readonly id: string
  /** The corpus, the file, or what a person called it. */
  readonly name: string
  /** Milliseconds since 1970. */
  readonly keptAt: number
  readonly origin: AdapterOrigin
  /** False where storage is full or missing: it lives as long as the tab. */
  readonly isStored: boolean
  readonly sizeBytes: number
  readonly info: AdapterInfo
}

export interface AdapterShelfView {
  /** The newest first. */
  readonly adapters: readonly KeptAdapter[]
  /** The one that answers; null when none does. */
  readonly currentId: string | null
}

export interface CombineRequest {
  readonly name: string
  readonly terms: readonly { readonly id: string; readonly weight: number }[]
}

/** An adapter beside a frozen base, or every weight of the model (full fine-tuning). */
export type TrialMethod = 'lora' | 'full'

export interface TrialRequest {
  readonly method: TrialMethod
  readonly settings: TrainingSettings
  readonly train: TokenSet
  readonly validation: TokenSet | null
}

export type StepListener = (point: { readonly step: number; readonly loss: number }) => void

/** A short run that left nothing behind but these figures. */
export interface TrainingTrial {
  readonly method: TrialMethod
  readonly precision: Precision
  readonly losses: readonly { readonly step: number; readonly loss: number }[]
  readonly stepMs: Measurement
  /** Bytes on the GPU while it ran. */
  readonly memory: BytesByRole
  readonly trainedParameters: number
  readonly learningRate: number
  /** After the last step. */
  readonly validationLoss: number | null
}

export interface ClusterRequest {
  readonly settings: TrainingSettings
  /** The sequences to send along; null for a folder without anybody's text. */
  readonly train: TokenSet | null
  /** Starts from the current adapter instead of where a new run starts. */
  readonly continuesAdapter: boolean
}

export interface ClusterExport {
  readonly files: readonly NamedFile[]
  readonly zip: Uint8Array
}

/** A kernel at one of the sizes that the bench times. */
export interface BenchKernel {
  /** What `measureKernel` takes. */
  readonly index: number
  readonly what: string
  readonly name: string
  /** The smallest of this kernel's sizes: each kernel once is a short bench. */
  readonly isLightest: boolean
}

export interface KernelRequest {
  /** Of one of `benchKernels`. */
  readonly index: number
  /** Timed runs; their median counts. */
  readonly rounds: number
  /** Tries every way to compute it first, also on a device that would not by itself. */
  readonly tunes: boolean
}

export interface StepsRequest {
  readonly precision: Precision
  readonly rounds: number
}

export interface OnnxRequest {
  readonly provider: OnnxProvider
  readonly precision: OnnxPrecision
}

export interface OnnxMeasurement extends OnnxRequest, Speed {
  readonly fileBytes: number
  /** From the file's bytes to a session. */
  readonly loadMs: number
  readonly difference: OnnxDifference
}

/** Two sets of logits of the same tokens. */
export interface OnnxDifference {
  readonly tokens: number
  /** Of a logit, over the largest logit. */
  readonly largest: number
  readonly agreement: Measurement
}

export interface MergeRequest {
  readonly form: MergedForm
  /** The files themselves, or a zip of them. */
  readonly container: 'files' | 'zip'
  /** How the model holds conversations: with it a Modelfile goes beside GGUF. */
  readonly chat?: OllamaChat
  /** The most that a safetensors file holds before there are several; 5 GB where it is absent. */
  readonly shardBytes?: number
  /** The adapter's card as a person wrote it: what it says goes into the card of the model. */
  readonly card?: string | null
}

export type MergeListener = (piece: FilePiece) => void | Promise<void>

export interface MergedExport {
  readonly weightBytes: number
  readonly isBaseQuantized: boolean
  /** The written model beside the live one, with its adapter, on the first tokens of a general text. */
  readonly proof: {
    readonly tokens: number
    /** Share of them after which both say the same token is likeliest. */
    readonly agreement: number
    /** Of a logit, over the largest logit. */
    readonly largestDifference: number
  }
}

export interface EngineApi {
  /** @throws AppError device/no-webgpu, device/no-adapter */
  inspectDevice(): Promise<DeviceReport>
  /** Opens the model at `location`, an address of this origin, and uploads its weights where they have room in float32. */
  loadModel(location: string): Promise<ModelInfo>
  /** Opens a model from files that a person chose or that were downloaded. They are read by range, never whole. */
  openModel(request: ModelFilesRequest): Promise<ModelInfo>
  /**
   * Pure arithmetic: no allocation, fast enough for every move of a knob. The first float16 run asks the device whether it
   * reads halves.
   *
   * @throws AppError device/no-float16, run/settings-invalid
   */
  planRun(settings: TrainingSettings): Promise<RunEstimate>
  /**
   * The same for a model that is not loaded, from what its config.json says. Targets that it does not have and
   * sequences longer than it reads are fitted.
   */
  planModel(config: unknown, settings: TrainingSettings): Promise<RunEstimate>
  /**
   * Lets the device begin with what such a run takes it longest, while text and model are on their way: the model is not
   * loaded yet, this is its config.json. A hint, which promises nothing; a run without it gives the same.
   */
  foreseeRun(config: unknown, settings: TrainingSettings): Promise<void>
  /** Trains a new adapter. Resolves when the run ends; rejects with what ended it. A checkpoint survives either way. */
  train(request: TrainRequest, onEvents: RunListener): Promise<RunResult>
  /**
   * Trains a fresh adapter, or the whole model, measures the run and forgets it. `stop` ends it early.
   *
   * @throws AppError `model/unsupported` where the whole model cannot be trained
   */
  trainTrial(request: TrialRequest, onStep: StepListener): Promise<TrainingTrial>
  /** At the next step border. */
  pause(): Promise<void>
  resume(): Promise<void>
  /** Ends the run at the next step border and keeps the best adapter. */
  stop(): Promise<void>
  unfinishedRuns(): Promise<readonly UnfinishedRun[]>
  /** Goes on from the last checkpoint; the result is the same as that of the uninterrupted run. */
  resumeRun(runId: string, onEvents: RunListener): Promise<RunResult>
  discardRun(runId: string): Promise<void>
  generate(request: GenerateRequest, onText: TextListener): Promise<GenerateResult>
  /** Ends a running generation at the next token. */
  stopGenerating(): Promise<void>
  /** Of a running generation, from its next token on. What it has read before stays in its cache as it was read. */
  setAdapterStrength(strength: number): Promise<void>
  /** Mean loss over a token set. */
  evaluate(request: EvaluateRequest): Promise<Evaluation>
  measureCell(request: CellRequest): Promise<CellMeasurement>
  /** Where ONNX Runtime Web can compute here. Fetches it when it is first asked. */
  onnxProviders(): Promise<readonly OnnxProvider[]>
  /** The loaded base as an ONNX file in ONNX Runtime Web. @throws AppError `share/too-large` beyond 2 GiB */
  measureOnnx(request: OnnxRequest): Promise<OnnxMeasurement>
  /** The kernels that this device can be measured with. */
  benchKernels(): Promise<readonly BenchKernel[]>
  /** What this GPU can do at best. @throws AppError `device/no-webgpu`, `device/no-adapter` */
  measureCeilings(rounds: number): Promise<Ceilings>
  measureKernel(request: KernelRequest): Promise<BenchRow>
  /** Whole steps of the loaded model: training, evaluation, a block of a prompt, one token. */
  measureSteps(request: StepsRequest): Promise<readonly BenchRow[]>
  /** One linear of the loaded model, from the inside. @throws AppError `model/unsupported` for one that it does not have */
  inspectLinear(request: InspectRequest): Promise<LinearInspection>
  /**
   * The current adapter in every format, each file read back, with the logits of the live model. Waits its turn.
   * chat: how the model holds conversations.
   */
  exportAdapter(chat?: OllamaChat): Promise<AdapterExport>
  /** The model card of the current adapter, made of what is known of it. */
  adapterCard(request: CardRequest): Promise<AdapterCardText>
  /**
   * The current adapter as a folder with its card, and as one file, read back.
   *
   * @throws AppError `adapter/no-effect`, `adapter/beyond-half`
   */
  packAdapter(request: PackageRequest): Promise<AdapterPackage>
  /** The current adapter in float16 as text for an address. @throws AppError as `packAdapter` */
  linkAdapter(baseRevision: string | null): Promise<AdapterLink>
  /** What such a text holds. Opens nothing and needs no model. @throws AppError `link/*` */
  readLink(text: string): Promise<LinkedAdapter>
  /** The base with the current adapter merged in, proven and then written piece by piece. */
  exportMerged(request: MergeRequest, onPiece: MergeListener): Promise<MergedExport>
  /** The run as a folder for TRL and PEFT on another machine, by paths in it. */
  exportCluster(request: ClusterRequest): Promise<ClusterExport>
  /** Opens a PEFT or MLX folder (its files, or one zip) or a GGUF file, puts it on the shelf and makes it current. */
  importAdapter(files: readonly NamedFile[]): Promise<AdapterInfo>
  /** The adapter that answers, or null. */
  currentAdapter(): Promise<AdapterInfo | null>
  /** The kept adapters of the loaded base. Those of others stay where they are until their base is loaded. */
  adapters(): Promise<AdapterShelfView>
  /** Makes one current; null sets the current one aside. */
  chooseAdapter(id: string | null): Promise<void>
  renameAdapter(id: string, name: string): Promise<void>
  /** For good, also from storage. */
  deleteAdapter(id: string): Promise<void>
  /** The weighted sum as a new adapter, which becomes the current one. @throws AppError `adapter/rank-too-large` */
  combineAdapters(request: CombineRequest): Promise<AdapterInfo>
  /** Where the bytes are now: the arena's own ledger. */
  memory(): Promise<BytesByRole>
}

export interface CorpusRequest {
  readonly files: readonly NamedFile[]
  readonly sequenceLength: number
  readonly validationShare: number
  readonly seed: number
  /** Which columns hold what; null or absent lets their names decide. */
  readonly mapping?: ColumnMapping | null
  /** What to do about problems that were found before. */
  readonly fixes?: readonly CorpusFix[]
  /** Writes conversations by the model's template, which has been tried. */
  readonly usesModelTemplate?: boolean
}

/** What is known once a tokenizer is read. */
export interface TokenizerInfo {
  readonly vocabularySize: number
  readonly chatTemplate: ModelTemplate | null
}

/** The corpus worker: parses and tokenizes off the page's thread, and can be killed when a file hangs it. */
export interface CorpusApi {
  /** Fetches tokenizer.json below `baseUrl`. */
  loadTokenizer(baseUrl: string): Promise<TokenizerInfo>
  /** The tokenizer of a model that a person chose; its weights are not read. */
  openTokenizer(request: ModelFilesRequest): Promise<TokenizerInfo>
  prepare(request: CorpusRequest): Promise<PreparedCorpus>
}

/** The template worker: runs a model's chat template, and is ended when one takes too long. */
export interface TemplateApi {
  /** Answers once the worker can work. */
  ready(): Promise<void>
  /** The conversation as one string. */
  apply(request: ChatTemplateRequest): Promise<string>
  /** The same, and where in it people's words and the answers stand. */
  render(request: Omit<ChatTemplateRequest, 'addGenerationPrompt'>): Promise<RenderedChat>
  /** What the model is given so that it answers as the assistant. */
  renderPrompt(request: Omit<ChatTemplateRequest, 'addGenerationPrompt'>): Promise<RenderedChat>
  /** Which of the formats that Ollama can be told of it writes. */
  recognize(template: ModelTemplate): Promise<OllamaChat>
}
