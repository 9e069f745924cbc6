// What trainers and generators ask of an executor. gpu/ and reference/ each have one; a model cannot tell them apart.
import type { Plan } from './plan'
import type { Tensor } from './tensor'

export interface Executor {
  /** Sets the bytes of a persistent tensor, from `offsetBytes` on. Ordered with `run`. */
  write(tensor: Tensor, data: ArrayBufferView, offsetBytes?: number): void
  /** Prepares the plans that `build` put off; resolves when every plan can run. Doing it twice is harmless. */
  ready(): Promise<void>
  /** Runs one of the plans the executor was built for. Returns before the work is done. */
  run(plan: Plan): void
  /** A copy of the bytes of a persistent tensor as they are after everything run so far. */
  read(tensor: Tensor): Promise<ArrayBuffer>
  /** Gives back what the executor holds for its plans; persistent tensors stay with their owner. */
  dispose(): void
}
