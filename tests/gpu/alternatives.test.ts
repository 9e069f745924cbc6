// Every alternative, on floats and on int8, at the largest case that it suits: against the reference function, and, where it
// promises so, against the kernel's own bits. Whether it pays is not asked here.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { numbersOf } from '../../src/benchmark/deviceBench'
import { requestDevice } from '../../src/gpu/device'
import { Gpu } from '../../src/gpu/gpu'
import { kernelCases } from '../../src/kernels'
import type { KernelCase } from '../../src/kernels/cases'
import { implementedBy, type Alternative } from '../../src/plan/kernelSpec'
import { worstElement } from '../../src/reference/compare'
import { definitionOf, prepareCase } from '../helpers/kernelCase'
import { resultsOnGpu } from '../helpers/kernelOnGpu'

interface AlternativeCase extends KernelCase {
  readonly alternative: Alternative
}

/** By pass, storage and way: SwiftShader compiles a tile in a second, and the other variants differ in snippets alone. */
const largest = new Map<string, AlternativeCase>()
for (const one of kernelCases) {
  for (const alternative of one.kernel.alternatives ?? []) {
    if (!alternative.suits(one.shape)) continue
    const pass = one.kernel.name.split('/').slice(0, 2).join('/')
    const name = `${pass} of ${numbersOf(one.kernel).precision} by ${alternative.way}`
    const known = largest.get(name)
    // Of equal ones the later: it accumulates.
    if (!known || flopsOf(one) >= flopsOf(known)) largest.set(name, { ...one, alternative })
  }
}

let gpu: Gpu
let hasSubgroups = false
beforeAll(async () => {
  const { device, facts } = await requestDevice(navigator.gpu)
  gpu = new Gpu(device)
  hasSubgroups = facts.hasSubgroups
  const here = [...largest.values()].filter(({ alternative }) => hasSubgroups || !alternative.needsSubgroups)
  await Promise.all(
    here.map(({ kernel, alternative, shape }) => gpu.pipelines.pipeline(implementedBy(kernel, alternative), shape)),
  )
})
afterAll(() => gpu?.dispose())

describe.each([...largest])('%s', (_, { name, kernel, alternative, shape, fill, tolerance }) => {
  test(`matches its reference: ${name}`, async () => {
    if (alternative.needsSubgroups && !hasSubgroups) return
    const prepared = prepareCase(implementedBy(kernel, alternative), shape, fill)
    const definition = definitionOf(prepared)
    const own = alternative.isExact ? await resultsOnGpu(gpu, prepareCase(kernel, shape, fill)) : null
    for (const [output, actual] of await resultsOnGpu(gpu, prepared)) {
      const worst = worstElement(actual, definition.get(output) ?? [], tolerance)
      expect(worst.ratio, `${output}: ${JSON.stringify(worst)}`).toBeLessThanOrEqual(1)
      if (own) expect(bitsOf(actual)).toEqual(bitsOf(own.get(output)))
    }
  })
})

function flopsOf({ kernel, shape }: KernelCase): number {
  return kernel.cost(shape).flops
}

function bitsOf(numbers: ArrayBufferView | undefined): Uint32Array {
  return numbers ? new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.byteLength / 4) : new Uint32Array()
}
