import type { BenchCase, Fill, KernelCase } from '../cases'
import { adamwUpdate } from './adamw'

const options = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 }

/** A third step with learning rate 0.05, far above the usual ones so that a mistake shows. */
const fill: Record<string, Fill> = {
  secondMoment: (random) => random.normal() ** 2,
  clip: (_, index) => [12, 0.25, 1, 0][index] ?? 0,
  scalars: (_, index) => [1, 0.05, 1 / (1 - 0.9 ** 3), 1 / (1 - 0.999 ** 3)][index] ?? 0,
}
// A dozen roundings, divisions at 2.5 ULP, of a step that is at most a few learning rates.
const tolerance = { absolute: 2e-6, relative: 2e-6 }

export const adamwCases: KernelCase[] = [
  { name: 'four parameters', kernel: adamwUpdate, shape: { count: 4, ...options }, fill, tolerance },
  { name: 'not a multiple of the workgroup', kernel: adamwUpdate, shape: { count: 1000, ...options }, fill, tolerance },
  {
    name: 'the first step of a zero gradient',
    kernel: adamwUpdate,
    shape: { count: 64, ...options, weightDecay: 0 },
    fill: { ...fill, gradients: () => 0, firstMoment: () => 0, secondMoment: () => 0 },
    tolerance,
  },
  {
    name: 'a gradient that is not finite changes nothing',
    kernel: adamwUpdate,
    shape: { count: 300, ...options },
    fill: {
      ...fill,
      gradients: (random, index) => (index % 100 === 7 ? Number.NaN : random.normal()),
      clip: (_, index) => [12, 0.25, 0, 0][index] ?? 0,
    },
    tolerance,
  },
]

export const adamwBench: BenchCase[] = [
  { name: 'SmolLM2-135M, rank 16', kernel: adamwUpdate, shape: { count: 4_884_480, ...options }, fill },
]
