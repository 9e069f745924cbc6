// The fake engine's bench: the real list of kernels with their real sizes, and times that a fast GPU might take.
import { AppError } from '../../src/base/errors'
import { defined } from '../../src/base/assert'
import { numbersOf } from '../../src/benchmark/deviceBench'
import { benchKernelsOf } from '../../src/engine/deviceMeter'
import type { BenchRow, Ceilings, EngineApi, KernelChoice } from '../../src/engine/api'
import { benchCases } from '../../src/kernels'
import type { KernelSpec } from '../../src/plan/kernelSpec'

type BenchCalls = Pick<EngineApi, 'benchKernels' | 'measureCeilings' | 'measureKernel' | 'measureSteps'>

const measured = (value: number, n: number) => ({ value, spread: value / 50, n })

export const fakeCeilings = (n: number): Ceilings => ({
  flopsPerSecond: measured(3.4e12, n),
  bytesPerSecond: measured(92e9, n),
  int8OpsPerSecond: measured(9.1e12, n),
  dispatchMs: measured(0.004, n),
  encodeMs: measured(0.6, n),
  readMs: measured(0.9, n),
})

export function fakeBench({ breaksAtKernel }: { readonly breaksAtKernel?: number }, stepMs: number): BenchCalls {
  return {
    benchKernels: async () => benchKernelsOf({ hasInt8Products: true }),
    measureCeilings: async (rounds) => {
      await rest(stepMs)
      return fakeCeilings(rounds)
    },
    measureKernel: async ({ index, rounds }) => {
      await rest(stepMs)
      if (index === breaksAtKernel) throw new AppError('device/lost', { message: 'the fake was told to lose it' })
      const { kernel, name, shape } = defined(benchCases[index], 'no such case')
      const share = 0.08 + 0.8 * Math.abs(Math.sin(1.3 * index))
      const cost = kernel.cost(shape)
      return {
        what: kernel.name,
        name,
        ...numbersOf(kernel),
        ...rowOf(cost, share, rounds),
        ...cost,
        choice: fakeChoice(kernel),
      }
    },
    measureSteps: async ({ precision, rounds }) => {
      await rest(stepMs)
      const plans = [
        { name: 'training step', flops: 4.1e9, bytes: 3.1e8, share: 0.41 },
        { name: 'optimizer update', flops: 1.4e6, bytes: 2.8e6, share: 0.3 },
        { name: 'evaluation with adapter', flops: 2e9, bytes: 1.4e8, share: 0.44 },
        { name: 'prefill', flops: 5e8, bytes: 3.2e7, share: 0.36 },
        { name: 'decode', flops: 8e6, bytes: precision === 'int8' ? 5e6 : 1.5e7, share: 0.22 },
      ]
      return plans.map(({ name, share, ...cost }) => ({
        what: `step/${precision}`,
        name,
        precision,
        arithmetic: 'float32',
        ...rowOf(cost, share, rounds),
        ...cost,
        choice: null,
      }))
    },
  }
}

/** The first of the other ways, taken where the kernel has one on int8. */
function fakeChoice({ name, alternatives = [] }: KernelSpec): KernelChoice | null {
  const first = alternatives[0]
  if (!first) return null
  const isTaken = name.includes('int8')
  return { way: first.way, speedup: isTaken ? 1.83 : 0.94, isTaken }
}

/** The time that makes it `share` of its floor in float32, and no less than a dispatch. */
function rowOf(
  cost: { readonly flops: number; readonly bytes: number },
  share: number,
  n: number,
): Pick<BenchRow, 'timing'> {
  const ceilings = fakeCeilings(n)
  const floorMs =
    1000 * Math.max(cost.flops / ceilings.flopsPerSecond.value, cost.bytes / ceilings.bytesPerSecond.value)
  const value = Math.max(floorMs / share, ceilings.dispatchMs.value)
  return { timing: { value, spread: value / 40, n, repetitions: Math.max(1, Math.min(1000, Math.ceil(40 / value))) } }
}

function rest(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}
