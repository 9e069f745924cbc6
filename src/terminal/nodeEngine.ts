// The engine in Node: the same as the page's, with files for fetches and folders for storage.
import { readFile } from 'node:fs/promises'
import { AppError } from '../base/errors'
import { Engine, type OpenDevice } from '../engine/engine'
import { tunedDevice } from '../gpu/device'
import type { GpuDevice } from '../gpu/gpuDevice'
import type { OnnxEnvironment } from '../engine/onnxSession'
import type { DeviceFacts } from '../plan/device'
import type { CheckpointStore } from '../training/checkpoint'
import { processorFacts, WasmDevice } from '../wasm/wasmDevice'
import { openDevice } from './dawn'
import { openLocation } from './folderSource'
import { emptyStore, isMissing } from './folderStore'

export const nodeDevices = ['gpu', 'processor'] as const
export type NodeDevice = (typeof nodeDevices)[number]

export interface NodeEngineOptions {
  readonly device?: NodeDevice
  readonly store?: CheckpointStore
  readonly checkpointEveryMs?: number
}

export function nodeEngine({ device = 'gpu', store = emptyStore, checkpointEveryMs }: NodeEngineOptions = {}): Engine {
  return new Engine({
    openDevice: device === 'gpu' ? openGpu : openProcessor,
    openLocation,
    onnxRuntime,
    store,
    // The verb that writes holds its folder's lock for as long as it lives.
    lock: () => Promise.resolve(() => {}),
    ...(checkpointEveryMs === undefined ? {} : { checkpointEveryMs }),
    now: () => performance.now(),
    date: () => Date.now(),
  })
}

/** @throws AppError `device/no-adapter` */
export async function openGpu(): Promise<{ device: GpuDevice; facts: DeviceFacts }> {
  const { device, facts } = await openDevice()
  return { device: await tunedDevice(device, facts), facts }
}

export function openProcessor(): Promise<OpenDevice> {
  const runtime = async () => (await onnxRuntime()).runtime
  const nextTask = () => new Promise<void>((resolve) => setImmediate(resolve))
  return Promise.resolve({ device: new WasmDevice({ runtime, nextTask }), facts: processorFacts(null) })
}

async function onnxRuntime(): Promise<OnnxEnvironment> {
  const runtime = await import('onnxruntime-web')
  runtime.env.wasm.numThreads = 1 // Node would be kept alive by its idle threads
  return { runtime, providers: ['wasm'] }
}

/** @throws AppError `file/not-readable` */
export async function readBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await readFile(path))
  } catch (cause) {
    const reason = isMissing(cause) ? 'no such file' : cause instanceof Error ? cause.message : String(cause)
    throw new AppError('file/not-readable', { message: `${path}: ${reason}`, details: { name: path }, cause })
  }
}
