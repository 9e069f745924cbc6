// The browser's half of the bench with peers: matrix products of one shape, by each of them, with inputs that lie on
// the GPU. run.mjs opens this page, asks for one run after the other, and prints the ratios.
import { blockUntilReady, defaultDevice, init, numpy as np } from '@jax-js/jax'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-webgpu'
import { GpuExecutor } from '../../src/gpu/executor'
import { Gpu } from '../../src/gpu/gpu'
import { recordLinearForward } from '../../src/kernels/linear/linear'
import { quantizeBlocks } from '../../src/models/quantize'
import { onnxFile } from '../../src/onnx/onnxFile'
import { OnnxGraphBuilder } from '../../src/onnx/graphBuilder'
import { lowerPlan } from '../../src/onnx/lowerPlan'
import { onnxRuntime } from '../../src/platform/onnxRuntime'
import { Plan } from '../../src/plan/plan'
import { persistentTensor } from '../../src/plan/tensor'
import { Random } from '../../src/base/random'

/** A contender: `run(count)` computes the product so often and resolves when the last is done. */
const opened = (async () => {
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' })
  // Everything the adapter has: ONNX Runtime asks for more than the defaults, and shares our device.
  const requiredLimits = {}
  for (const name of [
    'maxBufferSize',
    'maxStorageBufferBindingSize',
    'maxComputeInvocationsPerWorkgroup',
    'maxComputeWorkgroupStorageSize',
    'maxComputeWorkgroupSizeX',
  ]) {
    requiredLimits[name] = adapter.limits[name]
  }
  const requiredFeatures = [...adapter.features].filter((name) => ['subgroups', 'shader-f16'].includes(name))
  const device = await adapter.requestDevice({ requiredFeatures, requiredLimits })
  await init('webgpu')
  defaultDevice('webgpu')
  await tf.setBackend('webgpu')
  await tf.ready()
  return { gpu: new Gpu(device), info: adapter.info }
})()

async function contenders({ rows, columns, outputs }) {
  const { gpu } = await opened
  const random = new Random(1)
  const x = Float32Array.from({ length: rows * columns }, () => random.normal())
  const w = Float32Array.from({ length: outputs * columns }, () => random.normal() / Math.sqrt(columns))
  const turned = new Float32Array(w.length)
  for (let n = 0; n < outputs; n++) for (let k = 0; k < columns; k++) turned[k * outputs + n] = w[n * columns + k]
  const list = []
  for (const precision of ['float32', 'int8']) {
    list.push(await plume(gpu, precision, { x, w, rows, columns, outputs }))
    list.push(await onnx(gpu, precision, { x, w, rows, columns, outputs }))
  }
  list.push(await jax({ x, turned, rows, columns, outputs }))
  list.push(await tensorflow({ x, turned, rows, columns, outputs }))
  for (const one of list) one.error = worstError(await one.result(), { x, w, rows, columns, outputs })
  return list
}

function record(precision, { rows, columns, outputs }) {
  const tensor = (name, shape, dtype = 'f32', role = 'weights') => persistentTensor(name, shape, { role, dtype })
  const weight =
    precision === 'float32'
      ? { kind: 'float32', weight: tensor('w', [outputs, columns]) }
      : {
          kind: 'int8',
          values: tensor('values', [outputs, columns], 'i8'),
          scales: tensor('scales', [outputs, columns / 32], 'f16'),
        }
  const [input, y] = [tensor('x', [rows, columns], 'f32', 'staging'), tensor('y', [rows, outputs], 'f32', 'staging')]
  const plan = new Plan(`matmul ${precision}`)
  recordLinearForward(plan, { x: input, weight, y })
  return { plan, weight, input, y }
}

function writeWeight(weight, write, { w, outputs, columns }) {
  if (weight.kind === 'float32') return write(weight.weight, w)
  const { values, scales } = quantizeBlocks(w, outputs, columns)
  write(weight.values, values)
  write(weight.scales, scales)
}

async function plume(gpu, precision, shape) {
  const { plan, weight, input, y } = record(precision, shape)
  const executor = await GpuExecutor.build(gpu, [plan])
  executor.write(input, shape.x)
  writeWeight(weight, (tensor, data) => executor.write(tensor, data), shape)
  return {
    name: `Plume ${precision}`,
    run: async (count) => {
      for (let i = 0; i < count; i++) executor.run(plan)
      await gpu.device.queue.onSubmittedWorkDone()
    },
    result: async () => {
      executor.run(plan)
      return new Float32Array(await executor.read(y))
    },
    dispose: () => {
      executor.dispose()
      for (const tensor of [input, y, ...Object.values(weight).filter((one) => typeof one === 'object')])
        gpu.free(tensor)
    },
  }
}

/** The same plan as a graph; int8 is MatMulNBits with our blocks. */
async function onnx(gpu, precision, shape) {
  const { plan, weight, input, y } = record(precision, shape)
  const builder = new OnnxGraphBuilder()
  const info = (name, columns) => ({ name, dtype: 'float32', shape: [shape.rows, columns] })
  const values = new Map([[input, builder.input(info('x', shape.columns))]])
  lowerPlan(plan, builder, {
    read: (tensor) => values.get(tensor) ?? builder.weight(tensor),
    write: (tensor, value) => values.set(tensor, value),
  })
  builder.output(values.get(y), info('y', shape.outputs))
  const file = onnxFile({ builder, name: plan.name }, {})
  writeWeight(weight, file.write, shape)
  const { runtime } = await onnxRuntime()
  const { device } = gpu
  const session = await runtime.InferenceSession.create(file.bytes, {
    executionProviders: [{ name: 'webgpu', device }],
    logSeverityLevel: 3,
  })
  const buffer = (bytes) =>
    device.createBuffer({
      size: bytes,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    })
  const [xBuffer, yBuffer] = [buffer(shape.x.byteLength), buffer(4 * shape.rows * shape.outputs)]
  device.queue.writeBuffer(xBuffer, 0, shape.x)
  const tensor = (gpuBuffer, columns) =>
    runtime.Tensor.fromGpuBuffer(gpuBuffer, { dataType: 'float32', dims: [shape.rows, columns] })
  const feeds = { x: tensor(xBuffer, shape.columns) }
  const fetches = { y: tensor(yBuffer, shape.outputs) }
  return {
    name: `ONNX Runtime ${precision}`,
    run: async (count) => {
      for (let i = 0; i < count; i++) await session.run(feeds, fetches)
      await device.queue.onSubmittedWorkDone()
    },
    result: async () => {
      await session.run(feeds, fetches)
      const read = device.createBuffer({ size: yBuffer.size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST })
      const encoder = device.createCommandEncoder()
      encoder.copyBufferToBuffer(yBuffer, 0, read, 0, yBuffer.size)
      device.queue.submit([encoder.finish()])
      await read.mapAsync(GPUMapMode.READ)
      return new Float32Array(read.getMappedRange().slice(0))
    },
    dispose: async () => {
      await session.release()
      xBuffer.destroy()
      yBuffer.destroy()
    },
  }
}

async function jax({ x, turned, rows, columns, outputs }) {
  const a = np.array(x, { shape: [rows, columns] })
  const b = np.array(turned, { shape: [columns, outputs] })
  await blockUntilReady([a, b])
  const product = () => np.matmul(a.ref, b.ref)
  return {
    name: 'jax-js',
    run: async (count) => {
      // Kept until all are done: what nobody waits for is never computed.
      const products = Array.from({ length: count }, product)
      await blockUntilReady(products)
      for (const y of products) y.dispose()
    },
    result: async () => new Float32Array(await product().data()),
    dispose: () => {
      a.dispose()
      b.dispose()
    },
  }
}

async function tensorflow({ x, turned, rows, columns, outputs }) {
  const a = tf.tensor2d(x, [rows, columns])
  const b = tf.tensor2d(turned, [columns, outputs])
  const backend = tf.backend()
  const product = () => tf.matMul(a, b)
  return {
    name: 'tfjs',
    run: async (count) => {
      for (let i = 0; i < count; i++) product().dispose()
      if (backend.commandEncoder) backend.submitQueue() // it submits by itself from some size on
      await backend.device.queue.onSubmittedWorkDone()
    },
    result: async () => {
      const y = product()
      const values = await y.data()
      y.dispose()
      return Float32Array.from(values)
    },
    dispose: () => tf.dispose([a, b]),
  }
}

/** The largest error of a hundred elements, over the size of a typical one. */
function worstError(y, { x, w, rows, columns, outputs }) {
  let worst = 0
  for (let probe = 0; probe < 100; probe++) {
    const row = (probe * 7919) % rows
    const output = (probe * 104_729) % outputs
    let sum = 0
    for (let k = 0; k < columns; k++) sum += x[row * columns + k] * w[output * columns + k]
    worst = Math.max(worst, Math.abs(y[row * outputs + output] - sum))
  }
  return worst
}

let current = []

async function elapsed({ run }, count) {
  const started = performance.now()
  await run(count)
  return performance.now() - started
}

window.peers = {
  device: async () => {
    const { vendor, architecture, description } = (await opened).info
    return { vendor, architecture, description }
  },
  /** Builds everybody for a shape; their names and errors. */
  prepare: async (shape) => {
    for (const one of current) await one.dispose()
    current = await contenders(shape)
    return current.map(({ name, error }) => ({ name, error }))
  },
  /** Milliseconds of one product, over as many as take a while: how many is found out once, as a warm-up. */
  time: async (index, leastMs) => {
    const one = current[index]
    while (!one.count) {
      one.trial = one.trial ? 2 * one.trial : 1
      if ((await elapsed(one, one.trial)) >= leastMs || one.trial >= 256) one.count = one.trial
    }
    return (await elapsed(one, one.count)) / one.count
  },
}
