// A recorded plan, said in ONNX operators: each step by its kernel's own lowering, in the plan's order.
import { assert, defined } from '../base/assert'
import { accessOf } from '../plan/kernelSpec'
import type { GraphValue } from '../plan/lowering'
import type { Plan } from '../plan/plan'
import type { Tensor } from '../plan/tensor'
import type { OnnxGraphBuilder } from './graphBuilder'

/** Appends the plan's steps. `values` knows the plan's inputs; afterwards it knows what the plan wrote, too. */
export function lowerPlan(plan: Plan, graph: OnnxGraphBuilder, values: Map<Tensor, GraphValue>): void {
  for (const { kernel, shape, bindings } of plan.steps) {
    const inputs: Record<string, GraphValue> = {}
    for (const [name, binding] of Object.entries(kernel.bindings)) {
      if (accessOf(binding, shape) === 'write') continue
      const tensor = defined(bindings[name], name)
      const value = values.get(tensor) ?? (tensor.role === 'weights' ? graph.weight(tensor) : undefined)
      inputs[name] = defined(value, `${kernel.name} reads ${tensor.name}, which nothing wrote`)
      values.set(tensor, inputs[name])
    }
    const written = defined(kernel.onnx?.(graph, inputs, shape), `${kernel.name} has no lowering`)
    for (const [name, value] of Object.entries(written)) {
      const tensor = defined(bindings[name], `${kernel.name} has no ${name}`)
      assert(tensor.base === tensor, `${tensor.name} is a part of another tensor`)
      values.set(tensor, value)
    }
  }
}
