import { describe, expect, test } from 'vitest'
import { defineKernel, read, write } from '../../../src/plan/kernelSpec'
import { memoryByRole, planMemory, sharedSlotBytes } from '../../../src/plan/memory'
import { Plan } from '../../../src/plan/plan'
import { persistentTensor, type Tensor } from '../../../src/plan/tensor'

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

describe('planMemory', () => {
  test('a chain of tensors needs two slots', () => {
    const { plan } = chain([8, 16, 16, 16, 16])
    expect(planMemory(plan).slotBytes).toEqual([64, 64])
  })

  test('tensors of one step never share a slot', () => {
    const { plan } = chain([8, 64, 32, 64, 32, 128])
    const { slotOf } = planMemory(plan)
    for (const { bindings } of plan.steps) {
      const slots = Object.values(bindings).flatMap((tensor) => slotOf.get(tensor.base) ?? [])
      expect(new Set(slots).size).toBe(slots.length)
    }
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
