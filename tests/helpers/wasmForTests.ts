// The processor as a device, in Node.
import * as runtime from 'onnxruntime-web'
import { WasmDevice } from '../../src/wasm/wasmDevice'

export function wasmForTests(): WasmDevice {
  runtime.env.wasm.numThreads = 1 // Node would be kept alive by its idle threads
  return new WasmDevice({
    runtime: () => Promise.resolve(runtime),
    nextTask: () => new Promise((resolve) => setImmediate(resolve)),
  })
}
