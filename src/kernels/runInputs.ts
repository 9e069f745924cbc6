// The few numbers that change from step to step, written by the host before each submit.
// Everything else is baked into pipelines. The indexes stand also in snippets/run_inputs.wgsl.
import { persistentTensor, type Tensor } from '../plan/tensor'

export const scalarIndex = {
  /** 1 / (labelled tokens of the whole batch, over all its micro-batches). */
  lossScale: 0,
  learningRate: 1,
  /** 1 / (1 - beta1^t), computed on the host in float64. */
  firstMomentCorrection: 2,
  /** 1 / (1 - beta2^t). */
  secondMomentCorrection: 3,
} as const

export const counterIndex = {
  seed: 0,
  /** Counts micro-batches: what makes dropout masks differ from one to the next. */
  microStep: 1,
  /** Tokens already in the key/value cache. */
  cachePosition: 2,
  /** The row of the metrics ring this micro-step writes. */
  ringRow: 3,
  /** The row of a prefill block whose logits are wanted: its last real token. */
  selectedRow: 4,
} as const

/** Fields of one row of the metrics ring. */
export const metricIndex = {
  /** Sum over labelled rows of the cross-entropy, times lossScale. */
  loss: 0,
  /** Norm of all adapter gradients before clipping. */
  gradientNorm: 1,
  /** 1 when every gradient was finite and the update was applied, else 0. */
  isFinite: 2,
} as const

export const SCALAR_COUNT = 16
export const COUNTER_COUNT = 16
export const RING_ROWS = 64
export const RING_FIELDS = 4

export interface RunInputs {
  /** f32 [SCALAR_COUNT] */
  readonly scalars: Tensor
  /** u32 [COUNTER_COUNT] */
  readonly counters: Tensor
  /** f32 [RING_ROWS, RING_FIELDS] */
  readonly metrics: Tensor
}

export function makeRunInputs(): RunInputs {
  return {
    scalars: persistentTensor('scalars', [SCALAR_COUNT], { role: 'staging' }),
    counters: persistentTensor('counters', [COUNTER_COUNT], { role: 'staging', dtype: 'u32' }),
    metrics: persistentTensor('metrics', [RING_ROWS, RING_FIELDS], { role: 'staging' }),
  }
}
