// What a linear layer records, forward and backward. Its kernels are in linear.ts and lora/.
import type { Plan } from '../../plan/plan'
import { elementCount, viewTensor, type Tensor } from '../../plan/tensor'
import { dropout, type DropoutOptions } from '../dropout/dropout'
import { adapterGradients } from '../lora/adapterGradients'
import { matrixGradient, project, projectBack } from '../lora/lora'
import { residual, shareGradient } from '../residual/residual'
import { outputsOf, recordLinearBackward, recordLinearForward, type LinearWeight, type QuantizeInput } from './linear'
import type { Planes } from './linearSizes'

export interface LinearAdapter {
  /** [R, in] */
  readonly a: Tensor
  /** [out, R] */
  readonly b: Tensor
  readonly scale: number
  /** Drops elements of the adapter's input. */
  readonly dropout?: DropoutOptions
}

export interface LinearOptions {
  readonly name: string
  /** Multiplies in int8 where the weight is int8 and nothing is trained. */
  readonly quantizeInput?: QuantizeInput | undefined
  readonly adapter?: LinearAdapter | undefined
  /** [out], frozen. */
  readonly bias?: Tensor | undefined
  /**
   * [..., out], what the output is added to. As in `residual`, it shares the gradient of the sum without a copy; so it must
   * not be x itself.
   */
  readonly residual?: Tensor | undefined
}

/**
 * y = x W^T + scale drop(x) A^T B^T + bias + residual. x: [..., in]. Returns [..., out]. Gradients go to x, to the residual, and
 * to a and b; or to W, where it is float32 and has no adapter.
 */
export function linear(plan: Plan, x: Tensor, weight: LinearWeight, options: LinearOptions): Tensor {
  const { adapter, bias, quantizeInput, residual: added } = options
  if (added && adapter && bias && quantizeInput) {
    // One tensor more than the eight that every device can bind for a step.
    return residual(plan, added, linear(plan, x, weight, { ...options, residual: undefined }))
  }
  return recordLayer(plan, x, weight, { ...options, planes: [outputsOf(weight)] })
}

/**
 * Several layers of one input in the steps of one: `planes` are their outputs, and weight [N, in], bias [N], b [N, R] and
 * a [planes R, in] are theirs, one below the other. Returns [..., out] of each.
 */
export function linears(
  plan: Plan,
  x: Tensor,
  weight: LinearWeight,
  options: Omit<LinearOptions, 'residual'> & { readonly planes: Planes },
): Tensor[] {
  const y = recordLayer(plan, x, weight, options)
  const rows = elementCount(y) / outputsOf(weight)
  const before = (plane: number) => options.planes.slice(0, plane).reduce((sum, outputs) => sum + outputs, 0)
  return options.planes.map((outputs, plane) =>
    viewTensor(y, `${y.name}, plane ${plane}`, [...x.shape.slice(0, -1), outputs], 4 * rows * before(plane)),
  )
}

function recordLayer(
  plan: Plan,
  x: Tensor,
  weight: LinearWeight,
  { name, adapter, bias, quantizeInput, residual: added, planes }: LinearOptions & { readonly planes: Planes },
): Tensor {
  const y = plan.activation(`${name} out`, [...x.shape.slice(0, -1), outputsOf(weight)], {
    needsGradient: [x, added].some((one) => one?.needsGradient) || adapter !== undefined || isTrained(weight),
  })
  if (!adapter) {
    recordLinearForward(plan, { x, weight, y, bias, residual: added, planes, quantizeInput })
    plan.onBackward(y, (dy) => {
      if (added) shareGradient(plan, added, dy)
      recordWeightGradient(plan, weight, { x, dy })
      if (!x.needsGradient) return
      const target = plan.gradient(x)
      recordLinearBackward(plan, { dy, weight, dx: target.tensor, accumulate: target.accumulate, planes })
    })
    return y
  }

  const { a, b, scale } = adapter
  const dropped = adapter.dropout ? dropout(plan, x, adapter.dropout) : x
  const h = project(plan, dropped, { a, scale, name, planes })
  recordLinearForward(plan, { x, weight, y, adapter: { h, b }, bias, residual: added, planes, quantizeInput })
  plan.onBackward(y, (dy) => {
    if (added) shareGradient(plan, added, dy)
    const dh = projectBack(plan, dy, { b, scale, name, planes })
    adapterGradients(plan, { a, b, x: dropped, h, dy, dh, planes })
    if (!x.needsGradient) return
    const { tensor: dx, accumulate } = plan.gradient(x)
    if (dropped === x) {
      recordLinearBackward(plan, { dy, weight, dx, accumulate, adapter: { dh, a }, planes })
      return
    }
    // The adapter's part passes through the dropout, whose backward is recorded next.
    recordLinearBackward(plan, { dy, weight, dx, accumulate, planes })
    const target = plan.gradient(dropped)
    const adapterWeight: LinearWeight = { kind: 'float32', weight: a }
    recordLinearBackward(plan, { dy: dh, weight: adapterWeight, dx: target.tensor, accumulate: target.accumulate })
  })
  return y
}

function isTrained(weight: LinearWeight): boolean {
  return weight.kind === 'float32' && weight.weight.needsGradient
}

/** Appends dW += dy^T x, where the weight is trained. x: [M, in]. dy: [M, out]. */
export function recordWeightGradient(plan: Plan, weight: LinearWeight, { x, dy }: { x: Tensor; dy: Tensor }): void {
  if (weight.kind === 'float32' && isTrained(weight)) {
    matrixGradient(plan, weight.weight, { left: dy, right: x })
  }
}
