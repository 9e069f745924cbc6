// Kernels tried on the GPU itself: every way to compute one, with buffers of random numbers that are freed afterwards.
import { bytesOf } from '../base/bytes'
import { floatToHalf } from '../base/float16'
import { Random } from '../base/random'
import { SIZES_STRIDE_BYTES } from '../plan/memory'
import { accessOf, implementedBy, type Alternative, type KernelSpec, type Shape } from '../plan/kernelSpec'
import { makeTensor, sizeBytes, type DType } from '../plan/tensor'
import type { Gpu } from './gpu'
import type { Trial, Trials } from './tuner'

const MODE_READ = 0x1 // GPUMapMode.READ

export function gpuTrials(gpu: Gpu, now: () => number): Trials {
  return {
    compiles: (kernel, shape, alternative) => compiles(gpu, implementation(kernel, alternative), shape),
    open: (kernel, shape) => openTrial(gpu, kernel, shape, now),
  }
}

function implementation(kernel: KernelSpec, alternative: Alternative | null): KernelSpec {
  return alternative ? implementedBy(kernel, alternative) : kernel
}

async function compiles(gpu: Gpu, kernel: KernelSpec, shape: Shape): Promise<boolean> {
  // A text that is no WGSL here is an error of the device, beside the rejected pipeline: this scope takes it.
  gpu.device.pushErrorScope('validation')
  const compiled = gpu.pipelines.pipeline(kernel, shape).then(
    () => true,
    () => false,
  )
  await gpu.device.popErrorScope().catch(() => null) // a lost device has no scopes, and says so by itself
  return compiled
}

async function openTrial(gpu: Gpu, kernel: KernelSpec, shape: Shape, now: () => number): Promise<Trial> {
  const { arena, device, pipelines } = gpu
  const tensors = Object.entries(kernel.bindings).map(([name, binding]) => ({
    access: accessOf(binding, shape),
    tensor: makeTensor(name, [binding.size(shape)], { dtype: binding.dtype, role: 'staging' }),
  }))
  const buffers: GPUBuffer[] = []
  const sizes = arena.uniform(SIZES_STRIDE_BYTES, 'trial sizes')
  const dispose = () => {
    for (const buffer of [...buffers, sizes]) arena.destroy(buffer)
  }
  try {
    await gpu.guarded(() => {
      for (const { tensor } of tensors)
        buffers.push(arena.storage('staging', sizeBytes(tensor), `trial ${tensor.name}`))
    })
  } catch (thrown) {
    dispose()
    throw thrown
  }
  const fill = (index: number) => {
    const { tensor } = tensors[index]!
    device.queue.writeBuffer(buffers[index]!, 0, randomNumbers(tensor.dtype, sizeBytes(tensor)))
  }
  for (const index of tensors.keys()) fill(index)
  if (kernel.sizes) device.queue.writeBuffer(sizes, 0, Uint32Array.from(Object.values(kernel.sizes(shape))))
  const group = device.createBindGroup({
    label: `trial ${kernel.name}`,
    layout: pipelines.layout(kernel),
    entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
  })
  const sizesGroup = device.createBindGroup({
    label: 'trial sizes',
    layout: pipelines.sizesLayout,
    entries: [{ binding: 0, resource: { buffer: sizes } }],
  })

  async function run(alternative: Alternative | null, repetitions: number): Promise<void> {
    const chosen = implementation(kernel, alternative)
    const pipeline = await pipelines.pipeline(chosen, shape)
    const workgroups = chosen.workgroups(shape)
    const encoder = device.createCommandEncoder({ label: `trial ${kernel.name}` })
    const pass = encoder.beginComputePass()
    pass.setPipeline(pipeline)
    pass.setBindGroup(0, group)
    if (kernel.sizes) pass.setBindGroup(1, sizesGroup)
    for (let i = 0; i < repetitions; i++) pass.dispatchWorkgroups(...workgroups)
    pass.end()
    device.queue.submit([encoder.finish()])
  }

  return {
    async results(alternative) {
      const outputs = [...tensors.keys()].filter((index) => tensors[index]?.access !== 'read')
      // What is not written must not look like what was written before.
      for (const index of outputs) fill(index)
      await run(alternative, 1)
      return Promise.all(outputs.map((index) => contentsOf(gpu, buffers[index]!)))
    },
    async time(alternative, repetitions) {
      const started = now()
      await run(alternative, repetitions)
      await gpu.idle()
      return now() - started
    },
    dispose,
  }
}

async function contentsOf({ arena, device }: Gpu, buffer: GPUBuffer): Promise<ArrayBuffer> {
  const staging = arena.readback(buffer.size, 'trial readback')
  try {
    const encoder = device.createCommandEncoder({ label: 'trial readback' })
    encoder.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size)
    device.queue.submit([encoder.finish()])
    await staging.mapAsync(MODE_READ)
    return staging.getMappedRange().slice(0)
  } finally {
    arena.destroy(staging)
  }
}

/** A prime: no row of a matrix repeats the one above. */
const PERIOD = 16_381

const patterns = new Map<DType, Uint8Array>()

/** Drawing each number anew would take longer than the kernel, so the first few thousand are repeated. */
function randomNumbers(dtype: DType, bytes: number): Uint8Array<ArrayBuffer> {
  const pattern = patterns.get(dtype) ?? bytesOf(drawNumbers(dtype, new Random(1)))
  patterns.set(dtype, pattern)
  const filled = new Uint8Array(bytes)
  for (let at = 0; at < bytes; at += pattern.length) filled.set(pattern.subarray(0, bytes - at), at)
  return filled
}

/** Normal floats; int8 over their whole range, with scales about 1/85 that make weights of size one of them. */
function drawNumbers(dtype: DType, random: Random): ArrayBufferView {
  const count = { length: PERIOD }
  switch (dtype) {
    case 'f32':
      return Float32Array.from(count, () => random.normal())
    case 'i8':
      return Int8Array.from(count, () => random.integer(255) - 127)
    case 'f16':
      return Uint16Array.from(count, () => floatToHalf((1 + random.uniform()) / 128))
    case 'u32':
      return new Uint32Array(PERIOD)
  }
}
