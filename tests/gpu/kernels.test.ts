// Every case of every kernel: the GPU's result against the reference function's.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { GpuExecutor } from '../../src/gpu/executor'
import type { Gpu } from '../../src/gpu/gpu'
import { kernelCases } from '../../src/kernels'
import { worstElement } from '../../src/reference/compare'
import { ReferenceExecutor } from '../../src/reference/executor'
import { gpuForTests } from '../helpers/gpuForTests'
import { prepareCase } from '../helpers/kernelCase'

let gpu: Gpu
beforeAll(async () => {
  gpu = await gpuForTests()
})
afterAll(() => gpu?.dispose())

const kernelNames = [...new Set(kernelCases.map(({ kernel }) => kernel.name))]

describe.each(kernelNames)('%s', (kernelName) => {
  for (const { name, kernel, shape, fill, tolerance } of kernelCases.filter((one) => one.kernel.name === kernelName)) {
    test(`matches its reference: ${name}`, async () => {
      const { plan, tensors, contents, outputs } = prepareCase(kernel, shape, fill)
      const onProcessor = new ReferenceExecutor()
      const onGpu = await GpuExecutor.build(gpu, [plan])
      for (const [binding, data] of Object.entries(contents)) {
        const tensor = tensors[binding]
        if (!tensor) continue
        onGpu.write(tensor, data)
        onProcessor.array(tensor).set(data.subarray(0, tensor.shape[0]))
      }
      onGpu.run(plan)
      onProcessor.run(plan)
      for (const output of outputs) {
        const tensor = tensors[output]
        if (!tensor) continue
        const expected = onProcessor.array(tensor)
        const bytes = await onGpu.read(tensor)
        const actual =
          tensor.dtype === 'f32'
            ? new Float32Array(bytes)
            : tensor.dtype === 'u32'
              ? new Uint32Array(bytes)
              : new Int8Array(bytes)
        const worst = worstElement(actual, expected, tolerance)
        expect(worst.ratio, `${output}: ${JSON.stringify(worst)}`).toBeLessThanOrEqual(1)
      }
      onGpu.dispose()
      for (const tensor of Object.values(tensors)) gpu.free(tensor)
    })
  }
})
