// Where the tensors of a plan live, decided before anything is allocated.
//
// Activations share buffers ("slots"): tensors that are alive at different times share bytes, and tensors that are alive
// together lie side by side. But WebGPU tracks usage by buffer and dispatch, so what a step reads and what it writes
// never sit in one slot. Greedy, after Pisarchyk & Lee 2020, https://arxiv.org/abs/2001.03288, with offsets as in their
// section 5 and slots as in section 4; a plan is laid out in several orders, and the smallest layout is kept.
import { assert } from '../base/assert'
import { tensorsOf, type Plan, type Step } from './plan'
import { roles, roundUp, sizeBytes, VIEW_ALIGNMENT_BYTES, type Role, type Tensor } from './tensor'

export interface MemoryPlan {
  /** Bytes of each slot, largest first. */
  readonly slotBytes: readonly number[]
  /** The place of every activation that owns its bytes. */
  readonly placeOf: ReadonlyMap<Tensor, Place>
  /** Persistent tensors the plan touches; views are counted once, at their base. */
  readonly persistent: ReadonlySet<Tensor>
}

export interface Place {
  readonly slot: number
  /** A multiple of 256. */
  readonly offsetBytes: number
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
  readonly bytes: number
  readonly first: number
  last: number
  /** What a step writes while it reads this one, or reads while it writes this one. */
  readonly opposed: Set<Lifetime>
}

interface Held {
  readonly lifetime: Lifetime
  readonly offset: number
}

interface Slot {
  readonly bytes: number
  readonly held: Held[]
}

type Order = (a: Lifetime, b: Lifetime) => number

const steps = ({ first, last }: Lifetime) => last - first + 1

/**
 * Which tensors choose their place first. None is best for all plans: by size where activations are kept for the backward
 * pass, by bytes times steps and by steps where blocks are recomputed.
 */
const orders: readonly Order[] = [
  (a, b) => b.bytes - a.bytes,
  (a, b) => b.bytes * steps(b) - a.bytes * steps(a),
  (a, b) => steps(b) - steps(a) || b.bytes - a.bytes,
]

/** Planning runs with every change of a setting: a layout within 2 % of what none can go below ends the search. */
const GOOD_ENOUGH = 1.02

/** Gives every activation of the plan a place. Deterministic: the same plan gives the same places. */
export function planMemory(plan: Plan): MemoryPlan {
  const { lifetimes, persistent } = findLifetimes(plan.steps)
  const needed = largestLiveBytes(lifetimes, plan.steps.length)
  let slots: Slot[] | undefined
  for (const order of orders) {
    if (slots && bytesOf(slots) <= GOOD_ENOUGH * needed) break
    const layout = layOut(lifetimes.toSorted((a, b) => order(a, b) || a.first - b.first))
    if (!slots || bytesOf(layout) < bytesOf(slots)) slots = layout
  }
  const placeOf = new Map<Tensor, Place>()
  for (const [slot, { held }] of (slots ?? []).entries()) {
    for (const { lifetime, offset } of held) placeOf.set(lifetime.tensor, { slot, offsetBytes: offset })
  }
  return { slotBytes: (slots ?? []).map(({ bytes }) => bytes), placeOf, persistent }
}

/** One after the other into the tightest gap of any slot, or into a slot of its own. Largest slots first. */
function layOut(lifetimes: readonly Lifetime[]): Slot[] {
  const slots: Slot[] = []
  for (const lifetime of lifetimes) {
    let best: (Gap & { slot: Slot }) | undefined
    for (const slot of slots) {
      const gap = slot.bytes < lifetime.bytes ? undefined : tightestGap(slot, lifetime)
      if (gap && (!best || gap.bytes < best.bytes)) best = { ...gap, slot }
    }
    if (best) best.slot.held.push({ lifetime, offset: best.offset })
    else slots.push({ bytes: lifetime.bytes, held: [{ lifetime, offset: 0 }] })
  }
  return slots.toSorted((a, b) => b.bytes - a.bytes)
}

interface Gap {
  readonly offset: number
  readonly bytes: number
}

/** Where the tensor fits among those of the slot that are alive with it. None where one of them is opposed to it. */
function tightestGap({ bytes, held }: Slot, lifetime: Lifetime): Gap | undefined {
  // Most slots are refused here, before anything is allocated for them.
  for (const { lifetime: other } of held) {
    if (overlap(other, lifetime) && (other.bytes === bytes || other.opposed.has(lifetime))) return undefined
  }
  const neighbours = held.filter((one) => overlap(one.lifetime, lifetime)).sort((a, b) => a.offset - b.offset)
  let best: Gap | undefined
  let offset = 0
  for (const [end, next] of [...neighbours.map((one) => [one.offset, one] as const), [bytes, undefined] as const]) {
    const size = end - offset
    if (size >= lifetime.bytes && (!best || size < best.bytes)) best = { offset, bytes: size }
    if (next) offset = Math.max(offset, roundUp(end + next.lifetime.bytes, VIEW_ALIGNMENT_BYTES))
  }
  return best
}

function bytesOf(slots: readonly Slot[]): number {
  return slots.reduce((sum, { bytes }) => sum + bytes, 0)
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
  for (const [index, step] of steps.entries()) {
    const livesOf = (access: 'read' | 'update' | 'write') =>
      tensorsOf(step, access).flatMap(({ base }) => {
        if (base.isPersistent) {
          persistent.add(base)
          return []
        }
        const known = byTensor.get(base)
        assert(known !== undefined || access === 'write', `${step.kernel.name} reads ${base.name} before it is written`)
        const life = known ?? { tensor: base, bytes: sizeBytes(base), first: index, last: index, opposed: new Set() }
        life.last = index
        byTensor.set(base, life)
        return [life]
      })
    const read = livesOf('read')
    const written = [...livesOf('update'), ...livesOf('write')]
    for (const one of read) {
      for (const other of written) {
        one.opposed.add(other)
        other.opposed.add(one)
      }
    }
  }
  return { lifetimes: [...byTensor.values()], persistent }
}

/** Bytes of the activations that are alive at one step, where there are most. */
function largestLiveBytes(lifetimes: readonly Lifetime[], stepCount: number): number {
  const changes = new Float64Array(stepCount + 1)
  for (const { bytes, first, last } of lifetimes) {
    changes[first]! += bytes
    changes[last + 1]! -= bytes
  }
  let alive = 0
  return changes.reduce((largest, change) => Math.max(largest, (alive += change)), 0)
}

function overlap(a: Lifetime, b: Lifetime): boolean {
  return a.first <= b.last && b.first <= a.last
}
