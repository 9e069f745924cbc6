// What this device can do at best, measured on it: the numbers that kernels and steps are judged against.
import { defineKernel, read, update, write } from '../plan/kernelSpec'
import copyWgsl from './copy.wgsl?raw'
import dotProductsWgsl from './dotProducts.wgsl?raw'
import multiplyAddWgsl from './multiplyAdd.wgsl?raw'
import touchWgsl from './touch.wgsl?raw'

type MultiplyAddShape = { lanes: number; iterations: number }
type CopyShape = { vectors: number }

const FLOPS_PER_ITERATION = 64

export const multiplyAdd = defineKernel({
  name: 'ceiling/multiplyAdd',
  source: [multiplyAddWgsl],
  bindings: { y: write('f32', ({ lanes }: MultiplyAddShape) => 4 * lanes) },
  constants: ({ iterations }: MultiplyAddShape) => ({ ITERATIONS: iterations }),
  workgroups: ({ lanes }) => [lanes / 64, 1, 1],
  reference: () => {
    throw new Error('a ceiling is timed, not checked')
  },
  cost: ({ lanes, iterations }) => ({ flops: FLOPS_PER_ITERATION * lanes * iterations, bytes: 16 * lanes }),
})

export const copy = defineKernel({
  name: 'ceiling/copy',
  source: [copyWgsl],
  bindings: {
    x: read('f32', ({ vectors }: CopyShape) => 4 * vectors),
    y: write('f32', ({ vectors }: CopyShape) => 4 * vectors),
  },
  constants: ({ vectors }: CopyShape) => ({ COUNT: vectors }),
  workgroups: ({ vectors }) => [Math.min(1024, Math.ceil(vectors / 64)), 1, 1],
  reference: () => {
    throw new Error('a ceiling is timed, not checked')
  },
  cost: ({ vectors }) => ({ flops: 0, bytes: 32 * vectors }),
})

export const dotProducts = defineKernel({
  name: 'ceiling/dotProducts',
  source: [dotProductsWgsl],
  bindings: { y: write('u32', ({ lanes }: MultiplyAddShape) => lanes) },
  constants: ({ iterations }: MultiplyAddShape) => ({ ITERATIONS: iterations }),
  workgroups: ({ lanes }) => [lanes / 64, 1, 1],
  reference: () => {
    throw new Error('a ceiling is timed, not checked')
  },
  cost: ({ lanes, iterations }) => ({ flops: FLOPS_PER_ITERATION * lanes * iterations, bytes: 4 * lanes }),
})

export const touch = defineKernel({
  name: 'ceiling/touch',
  source: [touchWgsl],
  bindings: { y: update('f32', () => 1) },
  constants: () => ({}),
  workgroups: () => [1, 1, 1],
  reference: () => {
    throw new Error('a ceiling is timed, not checked')
  },
  cost: () => ({ flops: 1, bytes: 8 }),
})

/** Sizes that take long enough to time on a software adapter and fill a real one. */
export const ceilingShapes = {
  software: { multiplyAdd: { lanes: 4096, iterations: 64 }, copy: { vectors: 1 << 18 } },
  hardware: { multiplyAdd: { lanes: 1 << 20, iterations: 1024 }, copy: { vectors: 1 << 23 } },
} as const
