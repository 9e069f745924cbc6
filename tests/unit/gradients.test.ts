// Every op's recorded backward steps against central differences of its forward, in float64.
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random'
import { gradientCases } from '../../src/kernels'
import type { GradientCase } from '../../src/kernels/cases'
import { Plan } from '../../src/plan/plan'
import { persistentTensor, type Tensor } from '../../src/plan/tensor'
import { ReferenceExecutor } from '../../src/reference/executor'

// As torch.autograd.gradcheck: central differences with this step, compared with these tolerances.
const STEP = 1e-6
const ABSOLUTE = 1e-6
const RELATIVE = 1e-5

describe('backward steps agree with central differences', () => {
  test.each(gradientCases.map((one) => [one.name, one] as const))('%s', (_, gradientCase) => {
    const { executor, plan, output, weights, leaves } = record(gradientCase)
    executor.run(plan)
    const loss = (): number => {
      executor.run(plan)
      const y = executor.floats(output)
      let sum = 0
      executor.floats(weights).forEach((w, index) => {
        sum += w * (y[index] ?? Number.NaN)
      })
      return sum
    }
    // Parameter gradients accumulate from run to run, so they are read after the first.
    const analytics = leaves.map(({ gradient }) => executor.floats(gradient).slice())
    for (const [leaf, { tensor }] of leaves.entries()) {
      const analytic = analytics[leaf] ?? new Float64Array()
      const values = executor.floats(tensor)
      for (let index = 0; index < values.length; index++) {
        const kept = values[index] ?? 0
        values[index] = kept + STEP
        const above = loss()
        values[index] = kept - STEP
        const below = loss()
        values[index] = kept
        const numeric = (above - below) / (2 * STEP)
        const error = Math.abs(numeric - (analytic[index] ?? Number.NaN))
        expect(error, `d ${tensor.name}[${index}]: ${analytic[index]} against ${numeric}`).toBeLessThanOrEqual(
          ABSOLUTE + RELATIVE * Math.abs(numeric),
        )
      }
    }
  })
})

function record({ inputs, build }: GradientCase) {
  const executor = new ReferenceExecutor({ double: true })
  const plan = new Plan('gradient check', { isTraining: true })
  const tensors: Record<string, Tensor> = {}
  const leaves: { tensor: Tensor; gradient: Tensor }[] = []
  Object.entries(inputs).forEach(([name, { shape, dtype = 'f32', isFrozen = false, fill }], stream) => {
    const needsGradient = dtype === 'f32' && !isFrozen
    const tensor = persistentTensor(name, shape, { role: 'weights', dtype, needsGradient })
    tensors[name] = tensor
    const random = new Random(7, stream)
    const array = executor.array(tensor)
    for (let index = 0; index < array.length; index++) {
      array[index] = fill ? fill(random, index) : dtype === 'f32' ? random.normal() : 0
    }
    if (needsGradient) {
      const gradient = persistentTensor(`d ${name}`, shape, { role: 'gradients' })
      plan.setGradient(tensor, gradient)
      leaves.push({ tensor, gradient })
    }
  })
  const output = build(plan, tensors)
  // The loss is sum(weights * output) with fixed random weights: its gradient at the output is `weights`.
  const weights = persistentTensor('weights of the loss', output.shape, { role: 'gradients' })
  const random = new Random(8)
  const array = executor.floats(weights)
  for (let index = 0; index < array.length; index++) array[index] = random.normal()
  if (!plan.hasGradient(output)) plan.setGradient(output, weights)
  plan.backward()
  return { executor, plan, output, weights, leaves }
}
