// One device for a test file. In the browser the page's own; in Node, Dawn's.
import { AppError } from '../../src/base/errors'
import { requestDevice } from '../../src/gpu/device'
import { Gpu } from '../../src/gpu/gpu'

/** A Gpu, or a failure that says why: GPU tests are never skipped quietly. */
export async function gpuForTests(): Promise<Gpu> {
  if (!navigator.gpu) throw new AppError('device/no-webgpu', { message: 'this browser was started without WebGPU' })
  const { device } = await requestDevice(navigator.gpu)
  return new Gpu(device)
}
