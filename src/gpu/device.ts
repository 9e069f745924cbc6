// The GPU device: asked for once, with the largest limits the adapter offers, and watched for loss.
import { AppError } from '../base/errors'
import type { DeviceFacts } from '../plan/device'
import { GpuDevice } from './gpuDevice'

const wantedLimits = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupStorageSize',
] as const

const wantedFeatures = ['timestamp-query', 'subgroups', 'shader-f16'] as const

/**
 * A device with every limit and feature of `gpu`'s adapter that kernels can use.
 *
 * @throws AppError `device/no-adapter` when the browser has WebGPU but offers no GPU for it.
 */
export async function requestDevice(gpu: GPU): Promise<{ device: GPUDevice; facts: DeviceFacts }> {
  const gpuAdapter = await gpu.requestAdapter({ powerPreference: 'high-performance' })
  if (!gpuAdapter) throw new AppError('device/no-adapter', { message: 'requestAdapter() gave null' })
  const requiredFeatures = wantedFeatures.filter((feature) => gpuAdapter.features.has(feature))
  const device = await gpuAdapter.requestDevice({
    requiredFeatures: [...requiredFeatures],
    requiredLimits: Object.fromEntries(wantedLimits.map((limit) => [limit, gpuAdapter.limits[limit]])),
  })
  const { vendor, architecture, description } = gpuAdapter.info
  return {
    device,
    facts: {
      kind: 'webgpu',
      noGpu: null,
      vendor,
      architecture,
      description,
      isSoftware: /swiftshader|llvmpipe|lavapipe|software|basic render/i.test(
        `${architecture} ${description} ${vendor}`,
      ),
      hasFloat16: device.features.has('shader-f16'),
      hasSubgroups: device.features.has('subgroups'),
      hasTimestamps: device.features.has('timestamp-query'),
      hasInt8Products: gpu.wgslLanguageFeatures.has('packed_4x8_integer_dot_product'),
      maxBufferBytes: device.limits.maxBufferSize,
      maxBindingBytes: device.limits.maxStorageBufferBindingSize,
    },
  }
}

/** The same, ready for plans. */
export async function openGpu(gpu: GPU): Promise<{ device: GpuDevice; facts: DeviceFacts }> {
  const { device, facts } = await requestDevice(gpu)
  return { device: new GpuDevice(device), facts }
}
