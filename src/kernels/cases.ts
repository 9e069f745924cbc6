// What a kernel folder says about how it is checked and timed. Data only: tests/gpu/kernels.test.ts,
// tests/unit/gradients.test.ts and bench/ iterate over it.
import type { Random } from '../base/random'
import type { KernelSpec, Shape } from '../plan/kernelSpec'
import type { Plan } from '../plan/plan'
import type { DType, Tensor } from '../plan/tensor'

/** A value for element `index` of an input. The default is a standard normal for f32, 0 for the rest. */
export type Fill = (random: Random, index: number) => number

/** |gpu - reference| <= absolute + relative * |reference|, for every element. */
export interface Tolerance {
  readonly absolute: number
  readonly relative: number
}

export interface KernelCase {
  readonly name: string
  readonly kernel: KernelSpec
  readonly shape: Shape
  readonly fill?: Readonly<Record<string, Fill>>
  readonly tolerance: Tolerance
}

/** A kernel at a size that matters in the product, for the bench. */
export interface BenchCase {
  readonly name: string
  readonly kernel: KernelSpec
  readonly shape: Shape
  readonly fill?: Readonly<Record<string, Fill>>
}

export interface GradientInput {
  readonly shape: readonly number[]
  readonly dtype?: DType
  /** Frozen inputs are not differentiated. Integers always are frozen. */
  readonly isFrozen?: boolean
  readonly fill?: Fill
}

/** An op whose recorded backward steps must agree with central differences of its forward, in float64. */
export interface GradientCase {
  readonly name: string
  readonly inputs: Readonly<Record<string, GradientInput>>
  readonly build: (plan: Plan, inputs: Readonly<Record<string, Tensor>>) => Tensor
}

const FLOAT32_EPSILON = 2 ** -23

/**
 * Tolerance of a float32 sum of `length` products of standard normals against the float64 sum: rounding
 * errors add like a random walk, sqrt(length) terms of relative size epsilon each, and the sum itself is
 * of size sqrt(length). The factor 8 covers the largest of a million elements.
 */
export function sumTolerance(length: number): Tolerance {
  return { absolute: 8 * FLOAT32_EPSILON * Math.max(1, length), relative: 8 * FLOAT32_EPSILON }
}
