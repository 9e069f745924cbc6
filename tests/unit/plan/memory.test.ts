import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { defineKernel, read, write } from '../../../src/plan/kernelSpec'
import { memoryByRole, planMemory, sharedSlotBytes } from '../../../src/plan/memory'
import { Plan } from '../../../src/plan/plan'
import { persistentTensor, sizeBytes, viewTensor, type Tensor } from '../../../src/plan/tensor'

type Size = { size: number; outputs: number }
const copy = defineKernel({
  name: 'test/copy',
  source: [],
  bindings: { x: read('f32', ({ size }: Size) => size), y: write('f32', ({ outputs }: Size) => outputs) },
  constants: () => ({}),
  workgroups: () => [1, 1, 1],
  reference: () => {},
  cost: () => ({ flops: 0, bytes: 0 }),
})

const writeAll = write('f32', ({ size }: { size: number }) => size)

function chain(sizes: readonly number[]): { plan: Plan; tensors: Tensor[] } {
  const plan = new Plan('chain')
  const tensors = [persistentTensor('input', [sizes[0] ?? 1], { role: 'staging' })]
  for (const outputs of sizes.slice(1)) {
    const x = tensors.at(-1)
    if (!x) break
    const y = plan.activation(`t${tensors.length}`, [outputs])
    plan.run(copy, { size: x.shape[0] ?? 1, outputs }, { x, y })
    tensors.push(y)
  }
  return { plan, tensors }
}

const add = defineKernel({
  name: 'test/add',
  source: [],
  bindings: {
    a: read('f32', ({ aSize }: AddSizes) => aSize),
    b: read('f32', ({ bSize }: AddSizes) => bSize),
    y: write('f32', ({ outputs }: AddSizes) => outputs),
  },
  constants: () => ({}),
  workgroups: () => [1, 1, 1],
  reference: () => {},
  cost: () => ({ flops: 0, bytes: 0 }),
})
type AddSizes = { aSize: number; bSize: number; outputs: number }

/** A step that reads what one and another step before it wrote, some way back, and writes so many numbers. */
const randomStep = fc.record({
  back: fc.tuple(fc.nat({ max: 12 }), fc.nat({ max: 12 })),
  outputs: fc.integer({ min: 1, max: 400 }),
})

function planOf(steps: readonly { back: readonly [number, number]; outputs: number }[]): Plan {
  const plan = new Plan('random')
  const tensors = [persistentTensor('input', [3], { role: 'staging' })]
  for (const { back, outputs } of steps) {
    const [a, b] = back.map((way) => tensors[Math.max(0, tensors.length - 1 - way)]) as [Tensor, Tensor] // two of them
    const y = plan.activation(`t${tensors.length}`, [outputs])
    plan.run(add, { aSize: a.shape[0] ?? 1, bSize: b.shape[0] ?? 1, outputs }, { a, b, y })
    tensors.push(y)
  }
  return plan
}

describe('planMemory', () => {
  test('a chain of tensors needs two slots', () => {
    const { plan } = chain([8, 16, 16, 16, 16])
    expect(planMemory(plan).slotBytes).toEqual([64, 64])
  })

  test('what is needed together lies side by side', () => {
    const plan = new Plan('side by side')
    const input = persistentTensor('input', [512], { role: 'staging' })
    const large = plan.activation('large', [1024])
    plan.run(copy, { size: 512, outputs: 1024 }, { x: input, y: large })
    plan.run(copy, { size: 1024, outputs: 512 }, { x: large, y: input })
    const halves = [0, 1].map((half) => plan.activation(`half ${half}`, [half === 0 ? 500 : 512]))
    for (const y of halves) plan.run(copy, { size: 512, outputs: y.shape[0] ?? 1 }, { x: input, y })
    for (const x of halves) plan.run(copy, { size: x.shape[0] ?? 1, outputs: 512 }, { x, y: input })
    const { slotBytes, placeOf } = planMemory(plan)
    expect(slotBytes).toEqual([4096])
    expect(new Set(halves.map((tensor) => placeOf.get(tensor)?.offsetBytes))).toEqual(new Set([0, 2048]))
  })

  test('no two tensors that are alive together share a byte, and no step reads and writes one slot', () => {
    fc.assert(
      fc.property(fc.array(randomStep, { minLength: 1, maxLength: 60 }), (steps) => {
        const plan = planOf(steps)
        const { slotBytes, placeOf } = planMemory(plan)
        const place = (tensor: Tensor) => placeOf.get(tensor.base) ?? expect.unreachable(tensor.name)
        const spans = new Map<Tensor, { first: number; last: number }>()
        for (const [index, step] of plan.steps.entries()) {
          for (const { base } of [step.bindings['a'], step.bindings['b'], step.bindings['y']].flatMap((t) => t ?? [])) {
            if (!base.isPersistent) spans.set(base, { first: spans.get(base)?.first ?? index, last: index })
          }
          const { a, b, y } = step.bindings
          const read = [a, b].flatMap((tensor) => (tensor && !tensor.isPersistent ? place(tensor).slot : []))
          if (y) expect(read).not.toContain(place(y).slot)
        }
        const all = [...spans]
        for (const [one, oneSpan] of all) {
          const { slot, offsetBytes } = place(one)
          expect(offsetBytes % 256).toBe(0)
          expect(offsetBytes + sizeBytes(one)).toBeLessThanOrEqual(slotBytes[slot] ?? 0)
          for (const [other, otherSpan] of all) {
            if (one === other || place(other).slot !== slot) continue
            if (oneSpan.first > otherSpan.last || otherSpan.first > oneSpan.last) continue
            const [low, high] = offsetBytes < place(other).offsetBytes ? [one, other] : [other, one]
            expect(place(low).offsetBytes + sizeBytes(low)).toBeLessThanOrEqual(place(high).offsetBytes)
          }
        }
      }),
    )
  })

  test('reading an activation before it is written is a defect', () => {
    const plan = new Plan('bad')
    plan.run(copy, { size: 4, outputs: 4 }, { x: plan.activation('x', [4]), y: plan.activation('y', [4]) })
    expect(() => planMemory(plan)).toThrow(/reads x before it is written/)
  })

  test('plans that never run together share their slots', () => {
    const plans = [chain([8, 16, 64]), chain([8, 32, 32, 32])].map(({ plan }) => planMemory(plan))
    expect(sharedSlotBytes(plans)).toEqual([256, 128])
  })

  test('persistent tensors are counted once and by role', () => {
    const { plan } = chain([8, 16])
    expect(memoryByRole([plan, plan])).toMatchObject({ staging: 32, activations: 64 })
  })
})

describe('Plan', () => {
  test('a tensor of the wrong size is refused when the step is recorded', () => {
    const plan = new Plan('sizes')
    const x = persistentTensor('x', [5], { role: 'weights' })
    expect(() => plan.run(copy, { size: 4, outputs: 4 }, { x, y: plan.activation('y', [4]) })).toThrow(/expected 4 f32/)
  })

  test('a step that reads and writes one buffer is refused', () => {
    const x = persistentTensor('x', [4], { role: 'weights' })
    expect(() => new Plan('alias').run(copy, { size: 4, outputs: 4 }, { x, y: x })).toThrow(/reads and writes x/)
  })

  test('a step may write two windows of one tensor, but no byte twice', () => {
    const pair = defineKernel({ ...copy, name: 'test/pair', bindings: { x: writeAll, y: writeAll } })
    const whole = persistentTensor('whole', [128], { role: 'weights' })
    const window = (name: string, start: number) => viewTensor(whole, name, [64], start)
    new Plan('windows').run(pair, { size: 64 }, { x: window('low', 0), y: window('high', 256) })
    const twice = { x: window('low', 0), y: window('again', 0) }
    expect(() => new Plan('twice').run(pair, { size: 64 }, twice)).toThrow(/writes whole twice/)
  })

  test('steps whose results nobody reads are dropped', () => {
    const { plan, tensors } = chain([8, 8, 8])
    const last = tensors.at(-1)
    const kept = persistentTensor('kept', [8], { role: 'staging' })
    if (last) plan.run(copy, { size: 8, outputs: 8 }, { x: last, y: kept })
    plan.run(copy, { size: 8, outputs: 8 }, { x: kept, y: plan.activation('unread', [8]) })
    plan.finish()
    expect(plan.steps).toHaveLength(3)
  })
})
