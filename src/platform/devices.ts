// The best device of this browser: its GPU, else its processor.
import { AppError } from '../base/errors'
import type { OpenDevice } from '../engine/engine'
import { openGpu } from '../gpu/device'
import type { DeviceFacts } from '../plan/device'
import { processorFacts, WasmDevice } from '../wasm/wasmDevice'
import { onnxRuntime } from './onnxRuntime'
import { OpfsStore } from './opfsStore'

/** WebGPU where it gives a device; ONNX Runtime on the processor where it does not, and why. */
export async function openBestDevice(): Promise<OpenDevice> {
  try {
    if (!navigator.gpu) throw new AppError('device/no-webgpu', { message: 'navigator.gpu is missing' })
    return await openGpu(navigator.gpu, { store: new OpfsStore('device'), hostName: navigator.userAgent })
  } catch (thrown) {
    const noGpu = thrown instanceof AppError ? thrown.code : null
    if (noGpu !== 'device/no-webgpu' && noGpu !== 'device/no-adapter') throw thrown
    return openProcessor(noGpu)
  }
}

function openProcessor(noGpu: DeviceFacts['noGpu']): OpenDevice {
  const runtime = async () => (await onnxRuntime()).runtime
  return { device: new WasmDevice({ runtime, nextTask }), facts: processorFacts(noGpu) }
}

/** Resolves after the events that wait have had their turn. A timer would take 4 ms when it is asked again and again. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(null)
  })
}
