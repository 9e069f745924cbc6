// ONNX Runtime Web, fetched from this origin when it is first wanted and never before: 14 to 17 MB.
import type { OnnxEnvironment } from '../engine/onnxSession'

/** Threads help up to here; more only wait for memory. */
const MOST_THREADS = 4

let loaded: Promise<OnnxEnvironment> | null = null

export function onnxRuntime(): Promise<OnnxEnvironment> {
  loaded ??= load().catch((thrown: unknown) => {
    loaded = null // a fetch that failed may work the next time
    throw thrown
  })
  return loaded
}

async function load(): Promise<OnnxEnvironment> {
  // Its WebGPU provider waits for the device by suspending WebAssembly, which not every browser can.
  const canSuspend = 'gpu' in navigator && 'Suspending' in WebAssembly
  const [runtime, wasm, glue] = canSuspend
    ? await Promise.all([
        import('onnxruntime-web/jspi'),
        import('onnxruntime-web/ort-wasm-simd-threaded.jspi.wasm?url'),
        import('onnxruntime-web/ort-wasm-simd-threaded.jspi.mjs?url'),
      ])
    : await Promise.all([
        import('onnxruntime-web/wasm'),
        import('onnxruntime-web/ort-wasm-simd-threaded.wasm?url'),
        import('onnxruntime-web/ort-wasm-simd-threaded.mjs?url'),
      ])
  // Both addresses: without that of the glue, threads would start the engine's own worker instead.
  runtime.env.wasm.wasmPaths = { wasm: wasm.default, mjs: glue.default }
  runtime.env.wasm.numThreads = crossOriginIsolated ? Math.min(MOST_THREADS, navigator.hardwareConcurrency) : 1
  return { runtime, providers: canSuspend ? ['wasm', 'webgpu'] : ['wasm'] }
}
