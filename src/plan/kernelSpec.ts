// Everything about a kernel that is not WGSL, in one object that the executors, the tests, the bench
// and the documentation read. The WGSL declares the bindings in the same order with the same names
// (in snake_case); tests/architecture/bindings.test.ts compares them.
import type { GraphValues, LoweringGraph } from './lowering'
import type { DType } from './tensor'

/** Sizes and flags of one dispatch. A kernel says which are baked into its pipeline and which it reads while running. */
export type Shape = Readonly<Record<string, number>>

/**
 * read: not changed. write: every element is set, old values are not read. update: read and changed.
 * accumulate: an update when the shape's `accumulate` is 1, a write when it is 0 (gradients).
 */
export type Access = 'read' | 'write' | 'update' | 'accumulate'

export interface Binding<S extends Shape = Shape> {
  readonly dtype: DType
  readonly access: Access
  /** Elements for this shape. */
  size(shape: S): number
}

/** Reference functions compute on float32 (as the GPU stores) or float64 (for finite differences). */
export type Floats = Float32Array | Float64Array

interface ArrayOf {
  f32: Floats
  u32: Uint32Array
  i8: Int8Array
  /** The bits of IEEE half floats; see base/float16.ts. */
  f16: Uint16Array
}
export type AnyArray = ArrayOf[DType]

export type Arrays<B> = {
  readonly [K in keyof B]: B[K] extends { readonly dtype: infer D extends DType } ? ArrayOf[D] : never
}

export interface Cost {
  /** Floating-point operations; a multiply-add counts 2. */
  readonly flops: number
  /** Bytes that must cross memory once: every input read once, every output written once. */
  readonly bytes: number
}

/** How a GPU computes a kernel. All else in a spec says what. */
export interface Implementation<S extends Shape = Shape> {
  /** WGSL texts put one after the other; declarations may come in any order. */
  readonly source: readonly string[]
  /** Values of the WGSL `override` constants: what the code is specialised by. Each set of values is a pipeline. */
  constants(shape: S): Readonly<Record<string, number>>
  workgroups(shape: S): readonly [number, number, number]
}

/** By what an alternative differs, in a word; see the texts of the kernels that have them. */
export const ways = ['tiles64', 'tiles32', 'lanes', 'subgroups'] as const
export type Way = (typeof ways)[number]

/**
 * Another implementation of a kernel: the same bindings, sizes and reference. Whether it is taken is for each device to find
 * out (gpu/tuner.ts); plans know nothing of it.
 */
export interface Alternative<S extends Shape = Shape> extends Implementation<S> {
  /** Unique among a kernel's alternatives. */
  readonly way: Way
  /** The device must have subgroups. */
  readonly needsSubgroups: boolean
  /** It adds in the kernel's own order: a device gets the same bits, and training may use it. */
  readonly isExact: boolean
  /** Whether it can compute this shape, and could pay there. */
  suits(shape: S): boolean
}

export interface KernelSpec<S extends Shape = Shape, B = Readonly<Record<string, Binding<S>>>>
  extends Implementation<S> {
  /** Folder, kernel and variant: `linear/forward/int8`. Unique. */
  readonly name: string
  readonly bindings: B
  /**
   * Values of the members of the WGSL struct `Sizes`, a uniform at @group(1) @binding(0). For kernels that take
   * long to compile and are used at many sizes: one pipeline serves them all.
   */
  sizes?(shape: S): Readonly<Record<string, number>>
  readonly alternatives?: readonly Alternative<S>[]
  /** A shape that stands for this one and its like when alternatives are timed, with buffers that are made for it. */
  trial?(shape: S): S
  /** The definition: plain loops, sums in float64. */
  reference(arrays: Arrays<B>, shape: S): void
  /** How the step reads in ONNX's operators: all but what only GPUs are given. */
  onnx?(this: void, graph: LoweringGraph, values: GraphValues, shape: NoInfer<S>): GraphValues
  cost(shape: S): Cost
}

interface BindingOf<D extends DType, S extends Shape> extends Binding<S> {
  readonly dtype: D
}

export function read<D extends DType, S extends Shape>(dtype: D, size: (shape: S) => number): BindingOf<D, S> {
  return { dtype, access: 'read', size }
}
export function write<D extends DType, S extends Shape>(dtype: D, size: (shape: S) => number): BindingOf<D, S> {
  return { dtype, access: 'write', size }
}
export function update<D extends DType, S extends Shape>(dtype: D, size: (shape: S) => number): BindingOf<D, S> {
  return { dtype, access: 'update', size }
}

export function accumulate<D extends DType, S extends Shape>(dtype: D, size: (shape: S) => number): BindingOf<D, S> {
  return { dtype, access: 'accumulate', size }
}

/** What a binding does for this shape. */
export function accessOf(binding: Binding, shape: Shape): 'read' | 'write' | 'update' {
  if (binding.access !== 'accumulate') return binding.access
  return shape['accumulate'] === 1 ? 'update' : 'write'
}

/** Checks the spec's types against each other and forgets the particular ones, so that specs fit in one list. */
export function defineKernel<S extends Shape, B extends Readonly<Record<string, Binding<S>>>>(
  spec: KernelSpec<S, B>,
): KernelSpec<S> {
  // The executors hand `reference` exactly the arrays that `bindings` declares.
  return spec as unknown as KernelSpec<S>
}

/** `kernel` as one of its alternatives computes it. */
export function implementedBy(kernel: KernelSpec, alternative: Alternative): KernelSpec {
  const { alternatives: _, ...rest } = kernel
  return {
    ...rest,
    name: `${kernel.name} by ${alternative.way}`,
    source: alternative.source,
    constants: (shape) => alternative.constants(shape),
    workgroups: (shape) => alternative.workgroups(shape),
  }
}

/** WebGPU's maxComputeWorkgroupsPerDimension at its default. */
const MAX_WORKGROUPS_PER_DIMENSION = 65_535

/** A grid of at least `count` workgroups; kernels flatten it with `group.y * grid.x + group.x` and check the end. */
export function gridOf(count: number): readonly [number, number, number] {
  if (count <= MAX_WORKGROUPS_PER_DIMENSION) return [count, 1, 1]
  const y = Math.ceil(count / MAX_WORKGROUPS_PER_DIMENSION)
  return [Math.ceil(count / y), y, 1]
}
