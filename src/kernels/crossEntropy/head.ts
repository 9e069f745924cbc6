// The head: hidden states to logits, one for each token of the vocabulary. Its weight lies in parts by its rows,
// since that of a large vocabulary is larger than what one binding can reach.
import { assert } from '../../base/assert'
import type { Plan } from '../../plan/plan'
import type { Tensor } from '../../plan/tensor'
import {
  outputsOf,
  recordLinearBackward,
  recordLinearForward,
  type LinearWeight,
  type OutputPart,
} from '../linear/linear'
import { recordWeightGradient } from '../linear/layer'

/** [V, C] in parts, one after the other. */
export type Head = readonly LinearWeight[]

/** V */
export function outputsOfHead(head: Head): number {
  return head.reduce((sum, weight) => sum + outputsOf(weight), 0)
}

/** Appends logits = x W^T, a step for each part. x: [M, C]. logits: [M, V]. No gradients. */
export function recordHeadForward(plan: Plan, { x, head, logits }: { x: Tensor; head: Head; logits: Tensor }): void {
  for (const { weight, part } of partsOf(head)) recordLinearForward(plan, { x, weight, y: logits, part })
}

/** Appends dx (+)= dLogits W, a step for each part. */
export function recordHeadBackward(
  plan: Plan,
  { dLogits, head, dx, accumulate }: { dLogits: Tensor; head: Head; dx: Tensor; accumulate: 0 | 1 },
): void {
  for (const { weight, part } of partsOf(head)) {
    const adds = part.firstOutput > 0 ? 1 : accumulate
    recordLinearBackward(plan, { dy: dLogits, weight, dx, accumulate: adds, part })
  }
}

/** Appends dW += dLogits^T x, where the head is trained: a model that small has its head in one part. */
export function recordHeadGradient(plan: Plan, head: Head, { x, dLogits }: { x: Tensor; dLogits: Tensor }): void {
  const [whole, ...rest] = head
  if (!whole || whole.kind !== 'float32' || !whole.weight.needsGradient) return
  assert(rest.length === 0, 'a head in parts is not trained')
  recordWeightGradient(plan, whole, { x, dy: dLogits })
}

function partsOf(head: Head): { weight: LinearWeight; part: OutputPart }[] {
  const allOutputs = outputsOfHead(head)
  let firstOutput = 0
  return head.map((weight) => {
    const part = { firstOutput, allOutputs }
    firstOutput += outputsOf(weight)
    return { weight, part }
  })
}
