// What a run is asked for and what it reports, as plain data.
import type { ErrorCode, ErrorDetails } from '../base/errors'
import type { LinearName } from '../models/families/family'
import type { Precision } from '../models/model'

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
