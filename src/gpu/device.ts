// The GPU device: asked for once, with the largest limits the adapter offers, and watched for loss.
import { AppError } from '../base/errors'
import type { DeviceFacts } from '../plan/device'
import type { ChoiceStore } from './choices'
import { GpuDevice } from './gpuDevice'
import { gpuTrials } from './trial'
import { Tuner } from './tuner'

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

export interface OpenOptions {
  /** Where it is kept how this device computes best; null: it is found out anew. */
  readonly store?: ChoiceStore | null
  /** Browser or runtime, with its version: it stands between kernels and the device. */
  readonly hostName?: string
}

/** The same, ready for plans. */
export async function openGpu(gpu: GPU, options: OpenOptions = {}): Promise<{ device: GpuDevice; facts: DeviceFacts }> {
  const { device, facts } = await requestDevice(gpu)
  return { device: await tunedDevice(device, facts, options), facts }
}

/** A device that takes the implementations it is fastest with. On a software adapter these are the kernels' own, unless asked. */
export async function tunedDevice(
  device: GPUDevice,
  { vendor, architecture, description, isSoftware, hasSubgroups }: DeviceFacts,
  { store = null, hostName = '' }: OpenOptions = {},
): Promise<GpuDevice> {
  const opened = new GpuDevice(device)
  const now = () => performance.now()
  opened.tuner = await Tuner.open({
    trials: gpuTrials(opened, now),
    deviceName: [vendor, architecture, description, hostName].join(' | '),
    hasSubgroups,
    isEager: !isSoftware,
    store,
    now,
  })
  return opened
}
