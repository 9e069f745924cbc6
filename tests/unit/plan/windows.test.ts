// Windows into one tensor: their gradients, and several seen as one.
import { expect, test } from 'vitest'
import { swiglu } from '../../../src/kernels/swiglu/swiglu'
import { Plan } from '../../../src/plan/plan'
import { joinedRows, persistentTensor, slabTensor, viewTensor } from '../../../src/plan/tensor'

const weights = { role: 'weights' } as const

test('the gradient of a window is a window into that of its base', () => {
  const plan = new Plan('windows', { isTraining: true })
  const y = plan.activation('y', [2, 64], { needsGradient: true })
  const [gate, up] = [0, 256].map((offset) => viewTensor(y, `from ${offset}`, [64], offset))
  const first = plan.gradient(gate!)
  expect(first.accumulate).toBe(0)
  expect(plan.gradient(gate!)).toEqual({ tensor: first.tensor, accumulate: 1 })
  expect(plan.gradient(up!).tensor).toMatchObject({ offsetBytes: 256, shape: [64] })
  expect(plan.gradient(up!).tensor.base).toBe(plan.gradient(y).tensor)
  expect(() => plan.setGradient(viewTensor(y, 'again', [64], 0), first.tensor)).toThrow('is a window into that of y')
})

test('a tensor has its gradient when all its windows have theirs', () => {
  const backwardWith = (isWhole: boolean) => {
    const plan = new Plan('windows', { isTraining: true })
    const y = plan.activation('y', [2, 64], { needsGradient: true })
    const recorded: string[] = []
    plan.onBackward(y, ({ name }) => recorded.push(name))
    const [gate, up] = [0, 256].map((offset) => viewTensor(y, `from ${offset}`, [64], offset))
    const out = swiglu(plan, gate!, isWhole ? up! : gate!)
    plan.setGradient(out, persistentTensor('d out', [64], { role: 'gradients' }))
    plan.backward()
    return recorded
  }
  expect(backwardWith(true)).toEqual(['d y'])
  expect(() => backwardWith(false)).toThrow('some window into y has no gradient')
})

test('matrices that follow each other are one', () => {
  const entries = [3, 5, 2].map((rows) => ({ name: `${rows} rows`, shape: [rows, 64] }))
  const { flat, views } = slabTensor('slab', entries, weights)
  expect(joinedRows(views)).toMatchObject({ shape: [10, 64], offsetBytes: 0, base: flat })
  expect(joinedRows(views.slice(1))).toMatchObject({ shape: [7, 64], offsetBytes: 3 * 256 })
  expect(joinedRows([views[0]!, views[2]!])).toBeNull()
  expect(joinedRows([views[1]!, views[0]!])).toBeNull()
  const halves = slabTensor('halves', entries, { ...weights, dtype: 'f16' })
  expect(halves.views.map(({ offsetBytes }) => offsetBytes)).toEqual([0, 512, 1280])
  expect(joinedRows(halves.views)).toBeNull() // three rows of 128 bytes end where no view can begin
})
