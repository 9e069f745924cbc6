// Every case of every kernel in ONNX Runtime: what its lowering gives against the reference function's.
import { describe, expect, test } from 'vitest'
import { kernelCases } from '../../../src/kernels'
import type { KernelCase } from '../../../src/kernels/cases'
import { worstElement } from '../../../src/reference/compare'
import { ReferenceExecutor } from '../../../src/reference/executor'
import { prepareCase } from '../../helpers/kernelCase'
import { caseShapes } from '../../helpers/lowered'
import { wasmForTests } from '../../helpers/wasmForTests'

/** A device without a limit of a binding has no parts; one without dispatches, no planes; neither is told to round activations. */
const isForParts = ({ shape }: KernelCase) =>
  ('secondPlane' in shape && shape['secondPlane'] !== shape['allOutputs']) ||
  ('allOutputs' in shape && shape['allOutputs'] !== shape['outputs']) ||
  ('first' in shape && shape['count'] !== shape['vocabulary'])
const isForGpus = ({ kernel }: KernelCase) =>
  /^(quantizeRows|linear\/forwardInt8|rope\/rotateInPlace)/.test(kernel.name)

const cases = kernelCases.filter((one) => !isForParts(one) && !isForGpus(one))
const device = wasmForTests()

describe.each([...new Set(cases.map(({ kernel }) => kernel.name))])('%s', (kernelName) => {
  for (const { name, kernel, shape, fill, tolerance } of cases.filter((one) => one.kernel.name === kernelName)) {
    test(`lowered, matches its reference: ${name}`, async () => {
      const { plan, tensors, contents, outputs } = prepareCase(kernel, shape, fill, {
        shapes: caseShapes(kernel, shape),
      })
      const onProcessor = new ReferenceExecutor()
      const lowered = await device.build([plan])
      for (const [binding, data] of Object.entries(contents)) {
        const tensor = tensors[binding]!
        lowered.write(tensor, data)
        onProcessor.array(tensor).set(data.subarray(0, onProcessor.array(tensor).length))
      }
      lowered.run(plan)
      onProcessor.run(plan)
      for (const output of outputs) {
        const tensor = tensors[output]!
        const worst = worstElement(new Float32Array(await lowered.read(tensor)), onProcessor.array(tensor), tolerance)
        expect(worst.ratio, `${output}: ${JSON.stringify(worst)}`).toBeLessThanOrEqual(1)
      }
      lowered.dispose()
      for (const tensor of Object.values(tensors)) device.free(tensor)
    })
  }
})
