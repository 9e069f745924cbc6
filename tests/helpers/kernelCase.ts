// Turns a kernel case into tensors with seeded contents and a plan of one step.
import { Random } from '../../src/base/random'
import type { Fill } from '../../src/kernels/cases'
import { accessOf, type AnyArray, type KernelSpec, type Shape } from '../../src/plan/kernelSpec'
import { Plan } from '../../src/plan/plan'
import { persistentTensor, type Tensor } from '../../src/plan/tensor'
import { ReferenceExecutor } from '../../src/reference/executor'

export interface PreparedCase {
  readonly plan: Plan
  readonly tensors: Readonly<Record<string, Tensor>>
  /** Contents before the step, padded to whole words. */
  readonly contents: Readonly<Record<string, Float32Array | Uint32Array | Int8Array | Uint16Array>>
  readonly outputs: readonly string[]
}

export function prepareCase(
  kernel: KernelSpec,
  shape: Shape,
  fill: Readonly<Record<string, Fill>> = {},
  {
    seed = 1,
    shapes = {},
  }: {
    readonly seed?: number
    /** Of the tensors, where somebody looks at more than their counts. */
    readonly shapes?: Readonly<Record<string, readonly number[]>>
  } = {},
): PreparedCase {
  const plan = new Plan(kernel.name)
  const tensors: Record<string, Tensor> = {}
  const contents: Record<string, Float32Array | Uint32Array | Int8Array | Uint16Array> = {}
  const outputs: string[] = []
  Object.entries(kernel.bindings).forEach(([name, binding], stream) => {
    const count = binding.size(shape)
    tensors[name] = persistentTensor(name, shapes[name] ?? [count], { role: 'activations', dtype: binding.dtype })
    if (accessOf(binding, shape) !== 'read') outputs.push(name)
    const random = new Random(seed, stream)
    const value: Fill = fill[name] ?? (binding.dtype === 'f32' ? (r) => r.normal() : () => 0)
    const array = arrayOf(binding.dtype, count)
    for (let index = 0; index < count; index++) array[index] = value(random, index)
    contents[name] = array
  })
  plan.run(kernel, shape, tensors)
  return { plan, tensors, contents, outputs }
}

/** What the reference function makes of the case, by output. */
export function definitionOf({ plan, tensors, contents, outputs }: PreparedCase): Map<string, AnyArray> {
  const executor = new ReferenceExecutor()
  for (const [binding, data] of Object.entries(contents)) {
    const tensor = tensors[binding]
    if (tensor) executor.array(tensor).set(data.subarray(0, tensor.shape[0]))
  }
  executor.run(plan)
  return new Map(outputs.flatMap((name) => (tensors[name] ? [[name, executor.array(tensors[name])]] : [])))
}

/** Bytes rounded up to 4, as GPU copies want; the padding is beyond what any tensor of the case reads. */
function arrayOf(dtype: 'f32' | 'u32' | 'i8' | 'f16', count: number) {
  switch (dtype) {
    case 'f32':
      return new Float32Array(count)
    case 'u32':
      return new Uint32Array(count)
    case 'i8':
      return new Int8Array(Math.ceil(count / 4) * 4)
    case 'f16':
      return new Uint16Array(Math.ceil(count / 2) * 2)
  }
}
