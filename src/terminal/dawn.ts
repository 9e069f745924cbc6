// WebGPU in Node: Dawn, the implementation Chromium uses, from the `webgpu` package.
import { create, globals } from 'webgpu'
import { AppError } from '../base/errors'
import { requestDevice } from '../gpu/device'
import type { DeviceFacts } from '../plan/device'
import { findSoftwareAdapter, hasGraphicsDevice } from './softwareAdapter'

Object.assign(globalThis, globals)

/** Dawn frees its instance with this object while devices still use it, and the process aborts: so keep it. */
const kept: GPU[] = []
Object.assign(globalThis, { plumeDawnInstances: kept })

/**
 * A device of the machine's GPU, or, on Linux without one, of SwiftShader.
 *
 * @throws AppError `device/no-adapter`
 */
export async function openDevice(): Promise<{ device: GPUDevice; facts: DeviceFacts }> {
  return requestDevice(await findGpu())
}

/**
 * Dawn's `navigator.gpu`, over a driver that has an adapter: see `openDevice`.
 *
 * @throws AppError `device/no-adapter`
 */
export async function findGpu(): Promise<GPU> {
  const isChosen = process.env['VK_ICD_FILENAMES'] !== undefined || process.env['VK_DRIVER_FILES'] !== undefined
  const software = process.platform === 'linux' && !isChosen ? findSoftwareAdapter(process.env) : null
  if (software === null || hasGraphicsDevice()) {
    const gpu = instance()
    if (await gpu.requestAdapter()) return gpu
    if (software === null) throw noAdapter(isChosen)
  }
  // Vulkan's loader reads this when an instance is made, so a second instance sees it.
  process.env['VK_ICD_FILENAMES'] = software
  // Mesa's layer that sorts GPUs has nothing to sort here, and complains where there is no desktop.
  process.env['NODEVICE_SELECT'] = '1'
  return instance()
}

function instance(): GPU {
  const gpu = create([])
  kept.push(gpu)
  return gpu
}

function noAdapter(isChosen: boolean): AppError {
  const message = isChosen
    ? `no GPU adapter: the Vulkan driver in VK_ICD_FILENAMES (${process.env['VK_ICD_FILENAMES'] ?? ''}) gives none`
    : 'no GPU adapter: install a driver with Vulkan, or Chromium for its software adapter (CHROMIUM_PATH names it)'
  return new AppError('device/no-adapter', { message })
}
