// What the product can do, as plain data. Everything here crosses a worker border by structured clone:
// no class instance, no function but the listeners, no GPU object. Read this first.
import type { ErrorCode, ErrorDetails } from '../base/errors'
import type { LinearName } from '../models/config'
import type { Precision } from '../models/llama'
import type { BytesByRole } from '../plan/memory'
import type { PreparedCorpus, TokenSet } from '../text/types'

export type { BytesByRole } from '../plan/memory'

export { linearNames, type LinearName } from '../models/config'
export type { Precision } from '../models/llama'

/** What this browser and GPU can do. */
export interface DeviceReport {
  /** As the browser names it; may be empty strings where it does not say. */
  readonly vendor: string
  readonly architecture: string
  readonly description: string
  /** True when WebGPU runs on the processor: right, but slow. */
  readonly isSoftware: boolean
  readonly hasFloat16: boolean
  readonly hasSubgroups: boolean
  readonly hasTimestamps: boolean
  readonly maxBufferBytes: number
  readonly maxBindingBytes: number
}

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
  readonly vocabulary: number
  readonly maxTokens: number
  readonly parameters: number
  readonly hasTiedHead: boolean
  /** Bytes of the files that were fetched. */
  readonly fileBytes: number
}

export type Schedule = 'constant' | 'linear' | 'cosine'

export interface TrainingSettings {
  readonly precision: Precision
  /** LoRA rank, 1 to 256. */
  readonly rank: number
  /** The adapter is scaled by alpha / rank, or alpha / sqrt(rank) with rsLoRA. */
  readonly alpha: number
  readonly usesRsLora: boolean
  readonly dropout: number
  readonly targets: readonly LinearName[]
  readonly learningRate: number
  readonly schedule: Schedule
  readonly warmupSteps: number
  readonly weightDecay: number
  /** 0: no clipping. */
  readonly maxGradientNorm: number
  readonly steps: number
  /** Sequences in one micro-batch. */
  readonly batchSize: number
  /** Micro-batches in one optimizer step. */
  readonly accumulation: number
  readonly sequenceLength: number
  readonly usesCheckpointing: boolean
  /** Share of the documents held out, 0 to 0.5. */
  readonly validationShare: number
  /** Steps between two looks at the validation set; 0: only at the end. */
  readonly evaluateEvery: number
  readonly seed: number
}

/** What a run will take, computed before anything is allocated. */
export interface RunEstimate {
  readonly memory: BytesByRole
  /** The same run on a float32 base, for the ghost line. */
  readonly memoryInFloat32: BytesByRole
  readonly trainableParameters: number
  readonly totalParameters: number
  /** Bytes of the seven linears' weights as stored on the device, scales included. */
  readonly linearWeightBytes: number
  readonly tokensPerStep: number
  /** Floating-point operations of one optimizer step. */
  readonly flopsPerStep: number
  readonly largestBufferBytes: number
}

export interface StepMetrics {
  readonly kind: 'step'
  /** 1 is the first step. */
  readonly step: number
  /** Mean cross-entropy per trained token, in nats. */
  readonly loss: number
  readonly learningRate: number
  readonly gradientNorm: number
  /** Trained tokens in this step. */
  readonly tokens: number
  /** Time since the step before was done. */
  readonly elapsedMs: number
}

export interface ValidationMetrics {
  readonly kind: 'validation'
  readonly step: number
  readonly loss: number
  readonly perplexity: number
  readonly tokens: number
  readonly isBest: boolean
}

export interface PromptSample {
  readonly kind: 'sample'
  readonly step: number
  readonly prompt: string
  readonly text: string
}

export interface CheckpointSaved {
  readonly kind: 'checkpoint'
  readonly step: number
}

/** Something went wrong that does not end the run, such as a full disk for a checkpoint. */
export interface RunWarning {
  readonly kind: 'warning'
  readonly step: number
  readonly code: ErrorCode
  readonly details: ErrorDetails
}

export type RunEvent = StepMetrics | ValidationMetrics | PromptSample | CheckpointSaved | RunWarning

/** Called with everything new since the last call, at most ten times a second. */
export type RunListener = (events: readonly RunEvent[], memory: BytesByRole) => void

export type RunEnd = 'finished' | 'stopped'

export interface RunResult {
  readonly end: RunEnd
  readonly steps: number
  readonly bestStep: number | null
  readonly baseValidationLoss: number | null
  readonly bestValidationLoss: number | null
  readonly lastValidationLoss: number | null
  readonly elapsedMs: number
  /** SHA-256 of the adapter's parameters as float32 bytes: equal for equal runs. */
  readonly adapterSha256: string
}

export interface TrainRequest {
  readonly runId: string
  readonly settings: TrainingSettings
  readonly train: TokenSet
  readonly validation: TokenSet | null
  /** Answered by the model as it learns. */
  readonly pinnedPrompts: readonly string[]
  readonly sampleEvery: number
  /** A name for people: the corpus. */
  readonly corpusName: string
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

export interface SamplingSettings {
  /** 0: the likeliest token, always. */
  readonly temperature: number
  readonly topK: number
  readonly topP: number
  readonly seed: number
  readonly maxTokens: number
}

export interface GenerateRequest {
  readonly prompt: string
  readonly precision: Precision
  readonly usesAdapter: boolean
  readonly sampling: SamplingSettings
}

/** One piece of an answer; the pieces joined are the text. */
export type TextListener = (piece: string) => void

export interface GenerateResult {
  readonly text: string
  readonly promptTokens: number
  readonly generatedTokens: number
  readonly firstTokenMs: number
  /** Tokens after the first, over their time. */
  readonly tokensPerSecond: number
  readonly stop: 'end-of-text' | 'length'
}

/** A figure with how it was obtained: median of n runs, and half the distance between its quartiles. */
export interface Measurement {
  readonly value: number
  readonly spread: number
  readonly n: number
}

export interface CellRequest {
  readonly precision: Precision
  readonly usesAdapter: boolean
  /** Text to measure perplexity on; null when there is none. */
  readonly validation: TokenSet | null
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
  /** Mean over the validation tokens; its spread is the standard error over sequences. */
  readonly validationLoss: Measurement | null
}

export interface NamedFile {
  readonly name: string
  readonly bytes: Uint8Array
}

export interface AdapterInfo {
  readonly rank: number
  readonly alpha: number
  readonly usesRsLora: boolean
  readonly targets: readonly LinearName[]
  readonly parameters: number
  readonly baseModel: string
  /** True when the file names this very base (by hash), false when only names and shapes fit. */
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
  readonly info: AdapterInfo
  /** The files were read back by the strict reader and every value compared. */
  readonly isVerified: true
}

export interface EngineApi {
  /** @throws AppError device/no-webgpu, device/no-adapter */
  inspectDevice(): Promise<DeviceReport>
  /** Fetches config.json, tokenizer.json and model.safetensors below `baseUrl` (same origin) and uploads the weights. */
  loadModel(baseUrl: string): Promise<ModelInfo>
  /** Pure arithmetic: no allocation, fast enough for every move of a knob. */
  planRun(settings: TrainingSettings): Promise<RunEstimate>
  /** Trains a new adapter. Resolves when the run ends; rejects with what ended it. A checkpoint survives either way. */
  train(request: TrainRequest, onEvents: RunListener): Promise<RunResult>
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
  /** Mean loss over a token set. */
  evaluate(request: { precision: Precision; usesAdapter: boolean; set: TokenSet }): Promise<Measurement>
  measureCell(request: CellRequest): Promise<CellMeasurement>
  /** The current adapter as a PEFT folder, proven by reading it back. */
  exportAdapter(): Promise<AdapterExport>
  /** Opens a PEFT folder (its files, or one zip) and makes it the current adapter. */
  importAdapter(files: readonly NamedFile[]): Promise<AdapterInfo>
  /** The adapter of the last run or import, or null. */
  currentAdapter(): Promise<AdapterInfo | null>
  dropAdapter(): Promise<void>
  /** Where the bytes are now: the arena's own ledger. */
  memory(): Promise<BytesByRole>
}

export interface CorpusRequest {
  readonly files: readonly NamedFile[]
  readonly sequenceLength: number
  readonly validationShare: number
  readonly seed: number
}

/** The corpus worker: parses and tokenizes off the page's thread, and can be killed when a file hangs it. */
export interface CorpusApi {
  loadTokenizer(url: string): Promise<{ readonly vocabularySize: number }>
  prepare(request: CorpusRequest): Promise<PreparedCorpus>
}
