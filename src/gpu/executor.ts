// Runs plans on the GPU. Building compiles every pipeline, allocates the slots all the plans share and
// makes every bind group; running only encodes a fixed list of dispatches.
import { assert, defined } from '../base/assert'
import type { Executor } from '../plan/executor'
import {
  distinctSizes,
  largestBytes,
  planMemory,
  sharedSlotBytes,
  SIZES_STRIDE_BYTES,
  type MemoryPlan,
  type PlannedRead,
} from '../plan/memory'
import type { Plan, Step } from '../plan/plan'
import { sizeBytes, type Tensor } from '../plan/tensor'
import type { Gpu } from './gpu'
import { Readback } from './readback'

/** Small command buffers let the GPU begin early and leave room for the page's compositor. */
const DISPATCHES_PER_COMMAND_BUFFER = 32

interface Dispatch {
  readonly pipeline: GPUComputePipeline
  readonly bindGroup: GPUBindGroup
  /** The kernel's `Sizes`, where it has them. */
  readonly sizesGroup: GPUBindGroup | undefined
  readonly workgroups: readonly [number, number, number]
}

export class GpuExecutor implements Executor {
  readonly #gpu: Gpu
  /** Activations' slots and the sizes: what the executor owns besides its readbacks. */
  readonly #buffers: readonly GPUBuffer[]
  readonly #dispatches: ReadonlyMap<Plan, readonly Dispatch[]>
  readonly #readbacks = new Map<Tensor, Readback>()

  private constructor(gpu: Gpu, buffers: readonly GPUBuffer[], dispatches: ReadonlyMap<Plan, readonly Dispatch[]>) {
    this.#gpu = gpu
    this.#buffers = buffers
    this.#dispatches = dispatches
  }

  /**
   * Prepares `plans`, which never run at the same time and so share their activations' bytes, and what it takes
   * to read `reads` while running. Other tensors can be read too, through a buffer made for the occasion.
   *
   * @throws AppError `device/out-of-memory`
   */
  static async build(gpu: Gpu, plans: readonly Plan[], reads: readonly PlannedRead[] = []): Promise<GpuExecutor> {
    const memory = plans.map((plan) => planMemory(plan))
    const compiling = plans.map((plan) =>
      Promise.all(plan.steps.map(({ kernel, shape }) => gpu.pipelines.pipeline(kernel, shape))),
    )
    const slots = await gpu.guarded(() => {
      for (const plan of memory) for (const tensor of plan.persistent) gpu.place(tensor)
      return sharedSlotBytes(memory).map((bytes, index) => gpu.arena.storage('activations', bytes, `slot ${index}`))
    })
    const sizes = await gpu.guarded(() => uploadSizes(gpu, plans))
    const dispatches = new Map<Plan, Dispatch[]>()
    for (const [index, plan] of plans.entries()) {
      const pipelines = defined(await compiling[index], 'one list of pipelines per plan')
      const placement = defined(memory[index], 'one memory plan per plan')
      dispatches.set(
        plan,
        plan.steps.map((step, at) => ({
          pipeline: defined(pipelines[at], 'one pipeline per step'),
          bindGroup: bindGroup(gpu, step, placement, slots),
          sizesGroup: sizes.groupOf(step),
          workgroups: step.kernel.workgroups(step.shape),
        })),
      )
    }
    const executor = new GpuExecutor(gpu, [...slots, ...sizes.buffers], dispatches)
    await gpu.guarded(() => {
      for (const { tensors, depth } of reads) {
        const readback = new Readback(gpu, largestBytes(tensors), { depth })
        for (const tensor of tensors) executor.#readbacks.set(tensor, readback)
      }
    })
    return executor
  }

  write(tensor: Tensor, data: ArrayBufferView, offsetBytes = 0): void {
    this.#gpu.write(tensor, data, offsetBytes)
  }

  run(plan: Plan): void {
    this.#gpu.check()
    const dispatches = defined(this.#dispatches.get(plan), `${plan.name} was not built`)
    for (let start = 0; start < dispatches.length; start += DISPATCHES_PER_COMMAND_BUFFER) {
      const encoder = this.#gpu.device.createCommandEncoder({ label: plan.name })
      const pass = encoder.beginComputePass({ label: plan.name })
      for (const { pipeline, bindGroup, sizesGroup, workgroups } of dispatches.slice(
        start,
        start + DISPATCHES_PER_COMMAND_BUFFER,
      )) {
        pass.setPipeline(pipeline)
        pass.setBindGroup(0, bindGroup)
        if (sizesGroup) pass.setBindGroup(1, sizesGroup)
        pass.dispatchWorkgroups(...workgroups)
      }
      pass.end()
      this.#gpu.device.queue.submit([encoder.finish()])
    }
  }

  async read(tensor: Tensor): Promise<ArrayBuffer> {
    const prepared = this.#readbacks.get(tensor)
    if (prepared) return prepared.read(tensor)
    const once = new Readback(this.#gpu, sizeBytes(tensor))
    try {
      return await once.read(tensor)
    } finally {
      once.dispose()
    }
  }

  dispose(): void {
    for (const buffer of this.#buffers) this.#gpu.arena.destroy(buffer)
    for (const readback of new Set(this.#readbacks.values())) readback.dispose()
    this.#readbacks.clear()
  }
}

function bindGroup(gpu: Gpu, step: Step, placement: MemoryPlan, slots: readonly GPUBuffer[]): GPUBindGroup {
  const homeOf = (tensor: Tensor) => {
    if (tensor.isPersistent) return { buffer: gpu.bufferOf(tensor), startBytes: 0 }
    const { slot, offsetBytes } = defined(placement.placeOf.get(tensor.base), `${tensor.name} has no place`)
    return { buffer: slots[slot], startBytes: offsetBytes }
  }
  const entries = Object.keys(step.kernel.bindings).map((name, binding) => {
    const tensor = defined(step.bindings[name], `${step.kernel.name} misses ${name}`)
    const { buffer, startBytes } = homeOf(tensor)
    assert(buffer !== undefined, `${tensor.name} has no buffer`)
    return { binding, resource: { buffer, offset: startBytes + tensor.offsetBytes, size: sizeBytes(tensor) } }
  })
  return gpu.device.createBindGroup({ label: step.kernel.name, layout: gpu.pipelines.layout(step.kernel), entries })
}

/** One uniform buffer with every distinct set of sizes, and a bind group for each. */
function uploadSizes(gpu: Gpu, plans: readonly Plan[]) {
  const sets = distinctSizes(plans)
  if (sets.size === 0) return { buffers: [], groupOf: () => undefined }
  const buffer = gpu.arena.uniform(SIZES_STRIDE_BYTES * sets.size, 'sizes')
  const groups = new Map<string, GPUBindGroup>()
  for (const [key, sizes] of sets) {
    const offset = SIZES_STRIDE_BYTES * groups.size
    gpu.device.queue.writeBuffer(buffer, offset, Uint32Array.from(sizes))
    const entries = [{ binding: 0, resource: { buffer, offset, size: SIZES_STRIDE_BYTES } }]
    groups.set(key, gpu.device.createBindGroup({ label: `sizes ${key}`, layout: gpu.pipelines.sizesLayout, entries }))
  }
  const groupOf = ({ kernel, shape }: Step) => kernel.sizes && groups.get(Object.values(kernel.sizes(shape)).join())
  return { buffers: [buffer], groupOf }
}
