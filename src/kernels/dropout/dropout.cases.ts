import type { BenchCase, Fill, GradientCase, KernelCase } from '../cases'
import { makeRunInputs } from '../runInputs'
import { dropout, dropoutMask } from './dropout'

const counters: Fill = (_, index) => 12_345 + index

export const dropoutCases: KernelCase[] = [
  { name: 'one element', shape: { count: 1, stream: 3, probability: 0.5, accumulate: 0 } },
  { name: 'first stream', shape: { count: 5000, stream: 0, probability: 0.1, accumulate: 0 } },
  {
    name: 'a stream with more invocations than elements',
    shape: { count: 777, stream: 40, probability: 0.9, accumulate: 0 },
  },
  { name: 'accumulating', shape: { count: 3001, stream: 2, probability: 0.3, accumulate: 1 } },
].map((one) => ({
  ...one,
  kernel: dropoutMask,
  fill: { counters },
  // One product with a rounded constant, and one sum.
  tolerance: { absolute: 1e-6, relative: 4e-7 },
}))

export const dropoutBench: BenchCase[] = [
  {
    name: 'SmolLM2-135M, 512 tokens',
    kernel: dropoutMask,
    shape: { count: 512 * 576, stream: 100, probability: 0.1, accumulate: 0 },
    fill: { counters },
  },
]

export const dropoutGradients: GradientCase[] = [
  {
    name: 'dropout',
    inputs: { x: { shape: [4, 5] }, counters: { shape: [16], dtype: 'u32', fill: counters } },
    build: (plan, { x, counters }) =>
      dropout(plan, x!, { probability: 0.4, stream: 1, inputs: { ...makeRunInputs(), counters: counters! } }),
  },
]
