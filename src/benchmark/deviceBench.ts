// One device measured: its two ceilings, then kernels and whole plans against them. For the bench page and
// for the terminal.
import type { BenchCase } from '../kernels/cases'
import type { Device, DeviceFacts } from '../plan/device'
import type { PlannedRead } from '../plan/memory'
import type { Plan } from '../plan/plan'
import { ceilingShapes, copy, multiplyAdd, type Ceilings } from './ceilings'
import { timeKernel, timePlan, type Timing } from './kernelBenchmark'

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
  { isSoftware }: DeviceFacts,
  options: BenchOptions,
): Promise<Ceilings> {
  const shapes = isSoftware ? ceilingShapes.software : ceilingShapes.hardware
  const arithmetic = await timeKernel(device, multiplyAdd, shapes.multiplyAdd, options)
  const memory = await timeKernel(device, copy, shapes.copy, options)
  return {
    flopsPerSecond: multiplyAdd.cost(shapes.multiplyAdd).flops / (arithmetic.value / 1000),
    bytesPerSecond: copy.cost(shapes.copy).bytes / (memory.value / 1000),
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
  { flopsPerSecond, bytesPerSecond }: Ceilings,
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
