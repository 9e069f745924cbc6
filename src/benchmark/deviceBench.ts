// One device measured: its ceilings, then kernels and whole plans against them. For the bench page and
// for the terminal.
import type { BenchCase } from '../kernels/cases'
import type { Device, DeviceFacts } from '../plan/device'
import type { PlannedRead } from '../plan/memory'
import { Plan } from '../plan/plan'
import { persistentTensor } from '../plan/tensor'
import type { KernelSpec } from '../plan/kernelSpec'
import { ceilingShapes, copy, dotProducts, multiplyAdd, touch } from './ceilings'
import { measurementOf, timeKernel, timePlan } from './kernelBenchmark'
import { rateOf, type BenchRow, type Ceilings } from './roofline'

export interface BenchOptions {
  readonly rounds: number
  /** Milliseconds, monotonic. */
  readonly now: () => number
  /** Tries every way to compute a kernel first, also where the device would not by itself. */
  readonly tunes?: boolean
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
    flopsPerSecond: rateOf(multiplyAdd.cost(shapes.multiplyAdd).flops, arithmetic),
    bytesPerSecond: rateOf(copy.cost(shapes.copy).bytes, memory),
    int8OpsPerSecond: integers && rateOf(dotProducts.cost(shapes.multiplyAdd).flops, integers),
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
    const { value, spread, n } = await timePlan(device, executor, plan, options)
    const encoding: number[] = []
    const reading: number[] = []
    for (let round = 0; round < rounds; round++) {
      const started = now()
      executor.run(plan)
      encoding.push(((now() - started) * 1000) / DISPATCHES)
      await device.idle()
      const asked = now()
      await executor.read(y)
      reading.push(now() - asked)
    }
    return {
      dispatchMs: { value: value / DISPATCHES, spread: spread / DISPATCHES, n },
      encodeMs: measurementOf(encoding),
      readMs: measurementOf(reading),
    }
  } finally {
    executor.dispose()
    device.free(y)
  }
}

export async function timeBenchCase(
  device: Device,
  { kernel, name, shape, fill }: BenchCase,
  options: BenchOptions,
): Promise<BenchRow> {
  const timing = await timeKernel(device, kernel, shape, { ...options, ...(fill ? { fill } : {}) })
  const choice = device.choiceOf(kernel, shape)
  return { what: kernel.name, name, ...numbersOf(kernel), timing, ...kernel.cost(shape), choice }
}

/** How a kernel's numbers are stored and multiplied, by what it binds. */
export function numbersOf({ bindings }: Pick<KernelSpec, 'bindings'>): Pick<BenchRow, 'precision' | 'arithmetic'> {
  const all = Object.values(bindings)
  const int8 = all.filter(({ dtype }) => dtype === 'i8')
  // int8 comes with scales in halves.
  const stored = all.some(({ dtype }) => dtype === 'f16') ? 'float16' : 'float32'
  const factors = int8.filter(({ access }) => access === 'read')
  return {
    precision: int8.length > 0 ? 'int8' : stored,
    arithmetic: factors.length > 1 ? 'int8' : 'float32',
  }
}

/** Plans that share their tensors, such as those of a training session. What they leave placed is the caller's to free. */
export async function timePlans(
  device: Device,
  session: { plans: readonly Plan[]; reads: readonly PlannedRead[]; precision: BenchRow['precision'] },
  options: BenchOptions,
): Promise<BenchRow[]> {
  const { plans, reads, precision } = session
  const executor = await device.build(plans, reads)
  try {
    const rows: BenchRow[] = []
    for (const plan of plans) {
      const timing = await timePlan(device, executor, plan, options)
      const what = `step/${precision}`
      rows.push({ what, name: plan.name, precision, arithmetic: 'float32', timing, ...costOf(plan), choice: null })
    }
    return rows
  } finally {
    executor.dispose()
  }
}

function costOf(plan: Plan): { flops: number; bytes: number } {
  const costs = plan.steps.map(({ kernel, shape }) => kernel.cost(shape))
  return {
    flops: costs.reduce((sum, { flops }) => sum + flops, 0),
    bytes: costs.reduce((sum, { bytes }) => sum + bytes, 0),
  }
}
