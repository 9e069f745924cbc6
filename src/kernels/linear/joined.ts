// Layers of one input, computed together where their tensors follow each other on the device: a dispatch costs 24 to 71 µs on
// Vulkan and Metal beside its work (arXiv 2604.02344), which is more than the work where a model is small or decodes.
import { assert, defined } from '../../base/assert'
import type { Plan } from '../../plan/plan'
import { elementCount, joinedRows, MAX_BINDING_BYTES, VIEW_ALIGNMENT_BYTES, type Tensor } from '../../plan/tensor'
import { linear, linears, type LinearAdapter } from './layer'
import { outputsOf, weightTensors, type LinearWeight, type QuantizeInput } from './linear'
import { MAX_PLANES, PLANE_MULTIPLE, type Planes } from './linearSizes'

export interface LinearPart {
  readonly name: string
  readonly weight: LinearWeight
  readonly bias?: Tensor | undefined
  readonly adapter?: LinearAdapter | undefined
}

/**
 * The outputs of each of `parts` for x: [..., in], in as few steps as their order allows. A layer that no neighbour follows, or one
 * with an adapter unlike its own, is computed alone.
 */
export function linearsOfInput(
  plan: Plan,
  x: Tensor,
  parts: readonly LinearPart[],
  { quantizeInput }: { readonly quantizeInput?: QuantizeInput | undefined },
): Tensor[] {
  const outputs: Tensor[] = []
  while (outputs.length < parts.length) {
    const rest = parts.slice(outputs.length, outputs.length + MAX_PLANES)
    const joined = rest.map((_, index) => joinedParts(x, rest.slice(0, rest.length - index))).find(Boolean)
    const [{ weight, ...part }] = rest as [LinearPart] // the loop ends where there is none
    if (joined) {
      if (plan.isTraining) setJoinedGradients(plan, joined, rest.slice(0, joined.planes.length))
      outputs.push(...linears(plan, x, joined.weight, { ...joined, quantizeInput }))
    } else outputs.push(linear(plan, x, weight, { ...part, quantizeInput }))
  }
  return outputs
}

interface JoinedPart extends LinearPart {
  readonly planes: Planes
}

/** The parts as one; null where they are but one, or do not fit together. */
function joinedParts(x: Tensor, parts: readonly LinearPart[]): JoinedPart | null {
  const planes = parts.map(({ weight }) => outputsOf(weight))
  const columns = x.shape.at(-1) ?? 1
  if (parts.length < 2 || columns % 4 !== 0 || !planesFit(elementCount(x) / columns, planes)) return null
  const weight = joinedWeight(parts.map((part) => part.weight))
  const bias = joinedIfAny(parts.map((part) => part.bias))
  const adapter = joinedAdapter(parts)
  if (!weight || bias === null || adapter === null) return null
  return { name: parts.map(({ name }) => name).join(', '), weight, bias, adapter, planes }
}

/** Planes begin where a view of the outputs can, and all of them are one binding. */
function planesFit(rows: number, planes: Planes): boolean {
  const bytes = planes.map((outputs) => 4 * rows * outputs)
  return (
    planes.every((outputs) => outputs % PLANE_MULTIPLE === 0) &&
    bytes.slice(0, -1).every((count) => count % VIEW_ALIGNMENT_BYTES === 0) &&
    bytes.reduce((sum, count) => sum + count, 0) <= MAX_BINDING_BYTES
  )
}

function joinedWeight(weights: readonly LinearWeight[]): LinearWeight | null {
  const [first] = weights
  if (!first || weights.some(({ kind }) => kind !== first.kind)) return null
  const parts = weights.map(weightTensors)
  const joined = Object.keys(parts[0] ?? {}).map((role) => {
    return [role, joinedRows(parts.map((part) => defined(part[role], role)))] as const
  })
  // A trained weight has a gradient of its own.
  if (joined.some(([, tensor]) => !tensor || tensor.needsGradient)) return null
  return { ...first, ...Object.fromEntries(joined) }
}

/** undefined where none has one. */
function joinedIfAny(tensors: readonly (Tensor | undefined)[]): Tensor | undefined | null {
  const there = tensors.filter((tensor) => tensor !== undefined)
  if (there.length === 0) return undefined
  return there.length === tensors.length ? joinedRows(there) : null
}

/** undefined where none has one. */
function joinedAdapter(parts: readonly LinearPart[]): LinearAdapter | undefined | null {
  const adapters = parts.map(({ adapter }) => adapter).filter((adapter) => adapter !== undefined)
  const [first] = adapters
  if (!first) return undefined
  const rank = first.b.shape[1] ?? 1
  const areAlike = adapters.every(({ b, scale, dropout }) => b.shape[1] === rank && scale === first.scale && !dropout)
  if (adapters.length < parts.length || !areAlike || rank % 4 !== 0) return null
  const a = joinedRows(adapters.map((adapter) => adapter.a))
  const b = joinedRows(adapters.map((adapter) => adapter.b))
  return a && b && { a, b, scale: first.scale }
}

/** Gradients lie as their matrices do. */
function setJoinedGradients(plan: Plan, { adapter }: JoinedPart, parts: readonly LinearPart[]): void {
  if (!adapter) return
  const own = parts.flatMap((part) => part.adapter ?? [])
  for (const matrix of ['a', 'b'] as const) {
    const gradient = joinedRows(own.map((one) => plan.gradient(one[matrix]).tensor))
    assert(gradient !== null, `the gradients of ${adapter[matrix].name} do not follow each other`)
    plan.setGradient(adapter[matrix], gradient)
  }
}
