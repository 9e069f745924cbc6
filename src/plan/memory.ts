// Where the tensors of a plan live, decided before anything is allocated.
//
// Activations share buffers ("slots"): two tensors may use the same slot when no step needs both.
// A slot is a GPU buffer of its own because WebGPU tracks usage per buffer: operands of one dispatch
// are alive together, so they always sit in different slots and no read meets a write in one buffer.
// Greedy by size, after Pisarchyk & Lee 2020, https://arxiv.org/abs/2001.03288, "shared objects".
import { assert } from '../base/assert'
import { tensorsOf, type Plan, type Step } from './plan'
import { roles, sizeBytes, type Role, type Tensor } from './tensor'

export interface MemoryPlan {
  /** Bytes of each slot, largest first. */
  readonly slotBytes: readonly number[]
  /** The slot of every activation that owns its bytes. */
  readonly slotOf: ReadonlyMap<Tensor, number>
  /** Persistent tensors the plan touches; views are counted once, at their base. */
  readonly persistent: ReadonlySet<Tensor>
}

/** Tensors that are read while running, one after the other through `depth` buffers that fit the largest. */
export interface PlannedRead {
  readonly tensors: readonly Tensor[]
  readonly depth: number
}

/** Bytes from one set of sizes to the next: WebGPU's minUniformBufferOffsetAlignment at its default. */
export const SIZES_STRIDE_BYTES = 256

/** The distinct sets of sizes that the plans' steps read while running, in the order of their first use. */
export function distinctSizes(plans: readonly Plan[]): Map<string, readonly number[]> {
  const sets = new Map<string, readonly number[]>()
  for (const { kernel, shape } of plans.flatMap((plan) => plan.steps)) {
    const sizes = kernel.sizes && Object.values(kernel.sizes(shape))
    if (sizes) sets.set(sizes.join(), sizes)
  }
  return sets
}

export type BytesByRole = Record<Role, number>

interface Lifetime {
  readonly tensor: Tensor
  readonly first: number
  last: number
}

interface Slot {
  bytes: number
  readonly held: Lifetime[]
}

/** Assigns a slot to every activation of the plan. Deterministic: the same plan gives the same slots. */
export function planMemory(plan: Plan): MemoryPlan {
  const { lifetimes, persistent } = findLifetimes(plan.steps)
  const bySize = lifetimes.toSorted((a, b) => sizeBytes(b.tensor) - sizeBytes(a.tensor) || a.first - b.first)
  const slots: Slot[] = []
  for (const lifetime of bySize) {
    const free = slots.filter((slot) => slot.held.every((other) => !overlap(other, lifetime)))
    // Sizes only fall, so every slot is large enough: the smallest free one wastes least.
    const slot = free.reduce<Slot | undefined>(
      (best, one) => (!best || one.bytes <= best.bytes ? one : best),
      undefined,
    )
    if (slot) slot.held.push(lifetime)
    else slots.push({ bytes: sizeBytes(lifetime.tensor), held: [lifetime] })
  }
  const slotOf = new Map(slots.flatMap((slot, index) => slot.held.map(({ tensor }) => [tensor, index] as const)))
  return { slotBytes: slots.map((slot) => slot.bytes), slotOf, persistent }
}

/** Slot sizes that serve all plans, for plans that never run at the same time. */
export function sharedSlotBytes(plans: readonly MemoryPlan[]): number[] {
  const count = Math.max(0, ...plans.map((plan) => plan.slotBytes.length))
  return Array.from({ length: count }, (_, index) => Math.max(...plans.map((plan) => plan.slotBytes[index] ?? 0)))
}

/** What a set of plans takes on the device, by role. Exactly what the arena will allocate for them. */
export function memoryByRole(plans: readonly Plan[], reads: readonly PlannedRead[] = []): BytesByRole {
  const bytes = emptyBytesByRole()
  const memory = plans.map(planMemory)
  for (const slot of sharedSlotBytes(memory)) bytes.activations += slot
  const persistent = new Set(memory.flatMap((plan) => [...plan.persistent]))
  bytes.staging += SIZES_STRIDE_BYTES * distinctSizes(plans).size
  for (const tensor of persistent) bytes[tensor.role] += sizeBytes(tensor)
  for (const { tensors, depth } of reads) bytes.staging += depth * largestBytes(tensors)
  return bytes
}

export function largestBytes(tensors: readonly Tensor[]): number {
  return Math.max(0, ...tensors.map(sizeBytes))
}

export function emptyBytesByRole(): BytesByRole {
  return Object.fromEntries(roles.map((role) => [role, 0])) as BytesByRole
}

export function totalBytes(bytes: BytesByRole): number {
  return roles.reduce((sum, role) => sum + bytes[role], 0)
}

function findLifetimes(steps: readonly Step[]): { lifetimes: Lifetime[]; persistent: Set<Tensor> } {
  const byTensor = new Map<Tensor, Lifetime>()
  const persistent = new Set<Tensor>()
  steps.forEach((step, index) => {
    for (const access of ['read', 'update', 'write'] as const) {
      for (const { base } of tensorsOf(step, access)) {
        if (base.isPersistent) {
          persistent.add(base)
          continue
        }
        const known = byTensor.get(base)
        assert(known !== undefined || access === 'write', `${step.kernel.name} reads ${base.name} before it is written`)
        if (known) known.last = index
        else byTensor.set(base, { tensor: base, first: index, last: index })
      }
    }
  })
  return { lifetimes: [...byTensor.values()], persistent }
}

function overlap(a: Lifetime, b: Lifetime): boolean {
  return a.first <= b.last && b.first <= a.last
}
