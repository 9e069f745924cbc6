// Times plans on the device. A run repeats the plan until it takes long enough for the clock, then waits
// once; contents are whatever the buffers hold, since no kernel's time depends on the values.
import type { Measurement } from '../base/measurement'
import { Random } from '../base/random'
import type { Fill } from '../kernels/cases'
import type { KernelSpec, Shape } from '../plan/kernelSpec'
import type { Device } from '../plan/device'
import type { Executor } from '../plan/executor'
import { Plan } from '../plan/plan'
import { elementCount, persistentTensor, type Tensor } from '../plan/tensor'
import type { Timing } from './roofline'

/** Long against the clock's resolution and a dispatch's overhead, short against a person's patience. */
const LEAST_RUN_MS = 40

/** Milliseconds of one run of `plan`: median of `rounds`, after a warm-up. */
export async function timePlan(
  device: Device,
  executor: Executor,
  plan: Plan,
  { rounds, now }: { rounds: number; now: () => number },
): Promise<Timing> {
  const runs = async (count: number): Promise<number> => {
    const started = now()
    for (let i = 0; i < count; i++) executor.run(plan)
    await device.idle()
    return now() - started
  }
  await runs(1)
  const once = await runs(1)
  const repetitions = Math.max(1, Math.min(1000, Math.ceil(LEAST_RUN_MS / Math.max(once, 0.01))))
  const times: number[] = []
  for (let round = 0; round < rounds; round++) times.push((await runs(repetitions)) / repetitions)
  return { ...measurementOf(times), repetitions }
}

export function measurementOf(times: readonly number[]): Measurement {
  const spread = (quantileOf(times, 0.75) - quantileOf(times, 0.25)) / 2
  return { value: quantileOf(times, 0.5), spread, n: times.length }
}

function quantileOf(times: readonly number[], share: number): number {
  return times.toSorted((a, b) => a - b)[Math.round(share * (times.length - 1))] ?? Number.NaN
}

/** Milliseconds of one dispatch of `kernel`. */
export async function timeKernel(
  device: Device,
  kernel: KernelSpec,
  shape: Shape,
  {
    fill = {},
    tunes = false,
    ...options
  }: { rounds: number; now: () => number; tunes?: boolean; fill?: Readonly<Record<string, Fill>> },
): Promise<Timing> {
  const plan = new Plan(kernel.name)
  const tensors: Record<string, Tensor> = {}
  for (const [name, binding] of Object.entries(kernel.bindings)) {
    tensors[name] = persistentTensor(name, [binding.size(shape)], { role: 'activations', dtype: binding.dtype })
  }
  plan.run(kernel, shape, tensors)
  if (tunes) await device.tune([plan])
  const executor = await device.build([plan])
  for (const [name, value] of Object.entries(fill)) {
    const tensor = tensors[name]
    if (tensor?.dtype === 'u32') {
      const random = new Random(1)
      executor.write(
        tensor,
        Uint32Array.from({ length: elementCount(tensor) }, (_, index) => value(random, index)),
      )
    }
  }
  try {
    return await timePlan(device, executor, plan, options)
  } finally {
    executor.dispose()
    for (const tensor of Object.values(tensors)) device.free(tensor)
  }
}
