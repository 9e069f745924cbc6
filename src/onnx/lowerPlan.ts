// A recorded plan, said in ONNX operators: each step by its kernel's own lowering, in the plan's order.
import { defined } from '../base/assert'
import { accessOf } from '../plan/kernelSpec'
import type { GraphValue, Lowering, LoweringGraph } from '../plan/lowering'
import type { Plan } from '../plan/plan'
import type { Tensor } from '../plan/tensor'

/** What the tensors of a plan hold while it is walked. */
export interface PlanValues {
  read(tensor: Tensor): GraphValue
  write(tensor: Tensor, value: GraphValue): void
}

/** Lowerings to take in place of kernels' own. */
export type Replacements = ReadonlyMap<unknown, Lowering<never>>

/** Appends the plan's steps. */
export function lowerPlan(plan: Plan, graph: LoweringGraph, values: PlanValues, replaced?: Replacements): void {
  for (const { kernel, shape, bindings } of plan.steps) {
    const inputs: Record<string, GraphValue> = {}
    for (const [name, binding] of Object.entries(kernel.bindings)) {
      if (accessOf(binding, shape) !== 'write') inputs[name] = values.read(defined(bindings[name], name))
    }
    const own = defined(kernel.onnx, `${kernel.name} has no lowering`)
    const lowering = (replaced?.get(own) as typeof own | undefined) ?? own
    for (const [name, value] of Object.entries(lowering(graph, inputs, shape))) {
      values.write(defined(bindings[name], `${kernel.name} has no ${name}`), value)
    }
  }
}
