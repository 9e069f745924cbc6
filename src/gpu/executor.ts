// Runs plans on the GPU. Building compiles every pipeline, allocates the slots all the plans share and
// makes every bind group; running only encodes a fixed list of dispatches. Plans for later are compiled when `ready` asks.
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

interface Preparation {
  readonly dispatches: ReadonlyMap<Plan, readonly Dispatch[]>
  /** Adds the plans that were put off. */
  readonly prepareLater: () => Promise<void>
}

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
  readonly #prepareLater: () => Promise<void>
  #ready: Promise<void> | undefined

  private constructor(gpu: Gpu, buffers: readonly GPUBuffer[], { dispatches, prepareLater }: Preparation) {
    this.#gpu = gpu
    this.#buffers = buffers
    this.#dispatches = dispatches
    this.#prepareLater = prepareLater
  }

  /**
   * Prepares `plans`, which never run at the same time and so share their activations' bytes, and what it takes
   * to read `reads` while running. Other tensors can be read too, through a buffer made for the occasion. Plans of
   * `later` get their bytes now, and their pipelines when `ready` asks.
   *
   * @throws AppError `device/out-of-memory`
   */
  static async build(
    gpu: Gpu,
    plans: readonly Plan[],
    reads: readonly PlannedRead[] = [],
    later: readonly Plan[] = [],
  ): Promise<GpuExecutor> {
    const memory = new Map(plans.map((plan) => [plan, planMemory(plan)]))
    const soon = plans.filter((plan) => !later.includes(plan))
    const steps = await implementedSteps(gpu, soon)
    const compiling = steps.map((ofPlan) => compile(gpu, ofPlan))
    const slots = await gpu.guarded(() => {
      for (const { persistent } of memory.values()) for (const tensor of persistent) gpu.place(tensor)
      return sharedSlotBytes([...memory.values()]).map((bytes, index) =>
        gpu.arena.storage('activations', bytes, `slot ${index}`),
      )
    })
    const sizes = await gpu.guarded(() => uploadSizes(gpu, plans))
    const dispatches = new Map<Plan, Dispatch[]>()
    const prepare = (plan: Plan, steps: readonly Step[], pipelines: readonly GPUComputePipeline[]) => {
      const placement = defined(memory.get(plan), 'one memory plan per plan')
      dispatches.set(
        plan,
        steps.map((step, at) => ({
          pipeline: defined(pipelines[at], 'one pipeline per step'),
          bindGroup: bindGroup(gpu, step, placement, slots),
          sizesGroup: sizes.groupOf(step),
          workgroups: step.kernel.workgroups(step.shape),
        })),
      )
    }
    for (const [index, plan] of soon.entries()) {
      const pipelines = defined(await compiling[index], 'one list of pipelines per plan')
      prepare(plan, defined(steps[index], 'one list of steps per plan'), pipelines)
    }
    const prepareLater = async () => {
      const laterSteps = await implementedSteps(gpu, later)
      const laterPipelines = await Promise.all(laterSteps.map((ofPlan) => compile(gpu, ofPlan)))
      for (const [index, plan] of later.entries()) {
        const pipelines = defined(laterPipelines[index], 'one list of pipelines per plan')
        prepare(plan, defined(laterSteps[index], 'one list of steps per plan'), pipelines)
      }
      gpu.check() // a lost device compiles nothing and says so elsewhere
    }
    const executor = new GpuExecutor(gpu, [...slots, ...sizes.buffers], { dispatches, prepareLater })
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

  ready(): Promise<void> {
    this.#ready ??= this.#prepareLater()
    return this.#ready
  }

  run(plan: Plan): void {
    this.#gpu.check()
    const dispatches = defined(this.#dispatches.get(plan), `${plan.name} was not built, or is not ready`)
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

function compile(gpu: Gpu, steps: readonly Step[]): Promise<GPUComputePipeline[]> {
  return Promise.all(steps.map(({ kernel, shape }) => gpu.pipelines.pipeline(kernel, shape)))
}

/** The plans' steps, each with its kernel as this device computes it best. */
async function implementedSteps(gpu: Gpu, plans: readonly Plan[]): Promise<(readonly Step[])[]> {
  const { tuner } = gpu
  if (!tuner) return plans.map(({ steps }) => steps)
  const tuning = tuner.tune(plans)
  // Meanwhile the kernels that leave no choice compile. What is wrong with one is reported when it is asked for again.
  void Promise.allSettled(
    plans.flatMap(({ steps }) =>
      steps.flatMap(({ kernel, shape }) => (kernel.alternatives ? [] : [gpu.pipelines.pipeline(kernel, shape)])),
    ),
  )
  await tuning
  gpu.check()
  return plans.map((plan) =>
    plan.steps.map((step) => ({ ...step, kernel: tuner.implementationOf(step.kernel, step.shape, plan) })),
  )
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
