// Every case of every kernel: the GPU's result against the reference function's.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Gpu } from '../../src/gpu/gpu'
import { kernelCases } from '../../src/kernels'
import { worstElement } from '../../src/reference/compare'
import { gpuForTests } from '../helpers/gpuForTests'
import { definitionOf, prepareCase } from '../helpers/kernelCase'
import { resultsOnGpu } from '../helpers/kernelOnGpu'

let gpu: Gpu
beforeAll(async () => {
  gpu = await gpuForTests()
})
afterAll(() => gpu?.dispose())

const kernelNames = [...new Set(kernelCases.map(({ kernel }) => kernel.name))]

describe.each(kernelNames)('%s', (kernelName) => {
  for (const { name, kernel, shape, fill, tolerance } of kernelCases.filter((one) => one.kernel.name === kernelName)) {
    test(`matches its reference: ${name}`, async () => {
      const prepared = prepareCase(kernel, shape, fill)
      const results = await resultsOnGpu(gpu, prepared)
      const definition = definitionOf(prepared)
      for (const [output, actual] of results) {
        const worst = worstElement(actual, definition.get(output) ?? [], tolerance)
        expect(worst.ratio, `${output}: ${JSON.stringify(worst)}`).toBeLessThanOrEqual(1)
      }
    })
  }
})
