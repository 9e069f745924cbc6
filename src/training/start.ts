// Where a run starts from.
import { initialParameters, type LoraAdapter } from '../models/lora'
import { elementCount } from '../plan/tensor'

export interface TrainingStart {
  readonly parameters: Float32Array
  /** The parameters with which the model is the base: zeros for an adapter, its own for a whole model. */
  readonly base: Float32Array
  /** It goes on from an adapter that was trained before, which may stay the best. */
  readonly continues: boolean
}

/** A fresh adapter by `seed`, or the one to go on from. */
export function startOfAdapter(adapter: LoraAdapter, seed: number, continued: Float32Array | null): TrainingStart {
  return {
    parameters: continued ?? initialParameters(adapter, seed),
    base: new Float32Array(elementCount(adapter.parameters)),
    continues: continued !== null,
  }
}
