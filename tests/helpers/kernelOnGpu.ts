// A prepared case on the GPU.
import { GpuExecutor } from '../../src/gpu/executor'
import type { Gpu } from '../../src/gpu/gpu'
import type { DType } from '../../src/plan/tensor'
import type { PreparedCase } from './kernelCase'

export type Numbers = Float32Array | Uint32Array | Int8Array

/** What the GPU makes of the case, by output. Nothing of it stays on the device. */
export async function resultsOnGpu(
  gpu: Gpu,
  { plan, tensors, contents, outputs }: PreparedCase,
): Promise<Map<string, Numbers>> {
  const executor = await GpuExecutor.build(gpu, [plan])
  for (const [binding, data] of Object.entries(contents)) {
    const tensor = tensors[binding]
    if (tensor) executor.write(tensor, data)
  }
  executor.run(plan)
  const results = new Map<string, Numbers>()
  for (const output of outputs) {
    const tensor = tensors[output]
    if (!tensor) continue
    const bytes = await executor.read(tensor)
    results.set(output, numbersOf(tensor.dtype, bytes))
  }
  executor.dispose()
  for (const tensor of Object.values(tensors)) gpu.free(tensor)
  return results
}

function numbersOf(dtype: DType, bytes: ArrayBuffer): Numbers {
  if (dtype === 'f32') return new Float32Array(bytes)
  return dtype === 'u32' ? new Uint32Array(bytes) : new Int8Array(bytes)
}
