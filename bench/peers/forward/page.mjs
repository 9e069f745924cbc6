// The browser's half of the bench of whole forwards: builds each contender for a precision, holds its logits against the
// reference, and times it. runForward.mjs opens this page.
import * as oneThreaded from 'onnxruntime-web/wasm'
import glue from 'onnxruntime-web/ort-wasm-simd-threaded.mjs?url'
import wasm from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url'
import { openGpu } from '../../../src/gpu/device'
import { onnxRuntime } from '../../../src/platform/onnxRuntime'
import { WasmDevice } from '../../../src/wasm/wasmDevice'
import { onnx } from './onnx.mjs'
import { plume } from './plume.mjs'
import { openTask, referenceLogits } from './task.mjs'

const opened = (async () => {
  const { device: gpu, facts } = await openGpu(navigator.gpu)
  const { runtime } = await onnxRuntime()
  // A second copy of the package, because the count of threads holds for all of one.
  oneThreaded.env.wasm.wasmPaths = { wasm, mjs: glue }
  oneThreaded.env.wasm.numThreads = 1
  return { gpu, facts, runtime, task: await openTask() }
})()

/** ONNX Runtime suspends by itself. */
const nextTask = () => Promise.resolve()

function processors(runtime) {
  const threaded = [oneThreaded, ...(runtime.env.wasm.numThreads > 1 ? [runtime] : [])]
  return threaded.map((one) => ({ runtime: one, where: `processor, ${counted(one.env.wasm.numThreads)}` }))
}

function counted(threads) {
  return threads === 1 ? '1 thread' : `${threads} threads`
}

function* contenders({ gpu, runtime, task }) {
  yield { name: 'Plume, WebGPU', build: (one) => plume(task, { ...one, device: gpu }) }
  const { device } = gpu
  yield {
    name: 'ONNX Runtime, WebGPU',
    build: (one) => onnx(task, { ...one, runtime, provider: 'webgpu', device }),
  }
  for (const { runtime: threaded, where } of processors(runtime)) {
    yield {
      name: `ONNX Runtime, ${where}`,
      build: (one) => onnx(task, { ...one, runtime: threaded, provider: 'wasm' }),
    }
    const ours = () => new WasmDevice({ runtime: () => Promise.resolve(threaded), nextTask })
    yield { name: `Plume, ${where}`, build: (one) => plume(task, { ...one, device: ours() }) }
  }
}

/** The largest difference of a logit, over the largest logit. */
function differenceOf(actual, expected) {
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  return actual.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i])), 0) / largest
}

let current = []

window.peerForward = {
  device: async () => (await opened).facts,
  /** Builds everybody whose name has `only` in it, for a precision. */
  prepare: async (precision, only) => {
    const { task } = await opened
    for (const one of current) await one.dispose()
    current = []
    const expected = await referenceLogits(task, precision)
    const described = []
    for (const { name, build } of contenders(await opened)) {
      if (!name.includes(only)) continue
      const one = await build({ precision, name })
      current.push(one)
      const { rows, token } = await one.logits()
      const errors = { rows: differenceOf(rows, expected.rows), token: differenceOf(token, expected.token) }
      described.push({ name, errors, flops: one.flops, does: Object.keys(one.run) })
    }
    return described
  },
  /** Milliseconds that `count` runs of a task took. */
  run: async (index, what, count) => {
    const { ready, run } = current[index]
    await ready?.[what]?.()
    const started = performance.now()
    await run[what](count)
    return performance.now() - started
  },
}
