// One device measured: its ceilings, then kernels and whole plans against them. For the bench page and
// for the terminal.
import type { BenchCase } from '../kernels/cases'
import type { Device, DeviceFacts } from '../plan/device'
import type { PlannedRead } from '../plan/memory'
import { Plan } from '../plan/plan'
import { persistentTensor } from '../plan/tensor'
import { ceilingShapes, copy, dotProducts, multiplyAdd, touch, type Ceilings } from './ceilings'
import { medianOf, timeKernel, timePlan, type Timing } from './kernelBenchmark'

export interface BenchOptions {
  readonly rounds: number
  /** Milliseconds, monotonic. */
  readonly now: () => number
}

export interface BenchRow {
  readonly what: string
  readonly name: string
  readonly timing: Timing
  readonly flops: number
  readonly bytes: number
}

export async function measureCeilings(
  device: Device,
  { isSoftware, hasInt8Products }: DeviceFacts,
  options: BenchOptions,
): Promise<Ceilings> {
  const shapes = isSoftware ? ceilingShapes.software : ceilingShapes.hardware
  const arithmetic = await timeKernel(device, multiplyAdd, shapes.multiplyAdd, options)
  const memory = await timeKernel(device, copy, shapes.copy, options)
  const integers = hasInt8Products ? await timeKernel(device, dotProducts, shapes.multiplyAdd, options) : null
  return {
    flopsPerSecond: multiplyAdd.cost(shapes.multiplyAdd).flops / (arithmetic.value / 1000),
    bytesPerSecond: copy.cost(shapes.copy).bytes / (memory.value / 1000),
    int8OpsPerSecond: integers && dotProducts.cost(shapes.multiplyAdd).flops / (integers.value / 1000),
    ...(await measureOverheads(device, options)),
  }
}

const DISPATCHES = 1000

async function measureOverheads(
  device: Device,
  options: BenchOptions,
): Promise<Pick<Ceilings, 'dispatchMs' | 'encodeMs' | 'readMs'>> {
  const { rounds, now } = options
  const y = persistentTensor('y', [1], { role: 'staging' })
  const plan = new Plan('a thousand dispatches')
  for (let i = 0; i < DISPATCHES; i++) plan.run(touch, {}, { y })
  const executor = await device.build([plan], [{ tensors: [y], depth: 1 }])
  try {
    const dispatches = await timePlan(device, executor, plan, options)
    const encoding: number[] = []
    const reading: number[] = []
    for (let round = 0; round < rounds; round++) {
      const started = now()
      executor.run(plan)
      encoding.push(now() - started)
      await device.idle()
      const asked = now()
      await executor.read(y)
      reading.push(now() - asked)
    }
    return {
      dispatchMs: dispatches.value / DISPATCHES,
      encodeMs: (medianOf(encoding) * 1000) / DISPATCHES,
      readMs: medianOf(reading),
    }
  } finally {
    executor.dispose()
    device.free(y)
  }
}

export async function timeBenchCase(device: Device, { kernel, name, shape, fill }: BenchCase, options: BenchOptions) {
  const timing = await timeKernel(device, kernel, shape, { ...options, ...(fill ? { fill } : {}) })
  return { what: kernel.name, name, timing, ...kernel.cost(shape) } satisfies BenchRow
}

/** Plans that share their tensors, such as those of a training session. What they leave placed is the caller's to free. */
export async function timePlans(
  device: Device,
  { plans, reads, what }: { plans: readonly Plan[]; reads: readonly PlannedRead[]; what: string },
  options: BenchOptions,
): Promise<BenchRow[]> {
  const executor = await device.build(plans, reads)
  try {
    const rows: BenchRow[] = []
    for (const plan of plans) {
      rows.push({ what, name: plan.name, timing: await timePlan(device, executor, plan, options), ...costOf(plan) })
    }
    return rows
  } finally {
    executor.dispose()
  }
}

/** The least time the device could take, as a share of the time it took. */
export function shareOfFloor(
  { timing, flops, bytes }: Pick<BenchRow, 'timing' | 'flops' | 'bytes'>,
  { flopsPerSecond, bytesPerSecond }: Pick<Ceilings, 'flopsPerSecond' | 'bytesPerSecond'>,
): number {
  return Math.max(flops / flopsPerSecond, bytes / bytesPerSecond) / (timing.value / 1000)
}

function costOf(plan: Plan): { flops: number; bytes: number } {
  const costs = plan.steps.map(({ kernel, shape }) => kernel.cost(shape))
  return {
    flops: costs.reduce((sum, { flops }) => sum + flops, 0),
    bytes: costs.reduce((sum, { bytes }) => sum + bytes, 0),
  }
}
