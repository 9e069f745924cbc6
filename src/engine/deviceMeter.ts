// This device measured for the Lab: its ceilings, kernels one by one, and whole steps of the open model. Each call is short,
// so that whoever asks can stop between two.
import { defined } from '../base/assert'
import { AppError } from '../base/errors'
import { measureCeilings, numbersOf, timeBenchCase, timePlans, type BenchOptions } from '../benchmark/deviceBench'
import type { BenchRow, Ceilings } from '../benchmark/roofline'
import { benchCases } from '../kernels'
import type { BenchCase } from '../kernels/cases'
import { linearNamesOf } from '../models/config'
import type { Device, DeviceFacts } from '../plan/device'
import type { BenchKernel, StepsRequest } from './api'
import type { Bench } from './bench'
import { presets } from './presets'
import { recordTrainingSession } from './session'

interface OpenDevice {
  readonly device: Device
  readonly facts: DeviceFacts
}

/** What can be timed here; kernels of int8 products only where the shading language has them. */
export function benchKernelsOf({ hasInt8Products }: Pick<DeviceFacts, 'hasInt8Products'>): BenchKernel[] {
  const lightest = new Map<string, BenchCase>()
  for (const one of benchCases) {
    const known = lightest.get(one.kernel.name)
    if (!known || workOf(one) < workOf(known)) lightest.set(one.kernel.name, one)
  }
  return benchCases.flatMap((one, index) => {
    if (numbersOf(one.kernel).arithmetic === 'int8' && !hasInt8Products) return []
    const what = one.kernel.name
    return [{ index, what, name: one.name, isLightest: lightest.get(what) === one }]
  })
}

/** @throws AppError `device/no-webgpu`, `device/no-adapter` where plans run on the processor */
export function measureDevice({ device, facts }: OpenDevice, options: BenchOptions): Promise<Ceilings> {
  assertGpu(facts)
  return measureCeilings(device, facts, options)
}

/** @throws AppError `device/no-webgpu`, `device/no-adapter` where plans run on the processor */
export function measureKernel({ device, facts }: OpenDevice, index: number, options: BenchOptions): Promise<BenchRow> {
  assertGpu(facts)
  return timeBenchCase(device, defined(benchCases[index], `there is no bench case ${index}`), options)
}

/** Training, evaluation and decoding of the open model, with an adapter on all of its linears. */
export async function measureSteps(
  { device, loaded, now }: Bench,
  { precision, rounds }: StepsRequest,
): Promise<BenchRow[]> {
  const { balanced } = presets
  const model = await loaded.onDevice(device, precision)
  const session = recordTrainingSession(model, {
    ...balanced,
    precision,
    targets: linearNamesOf(loaded.config),
    sequenceLength: Math.min(balanced.sequenceLength, loaded.config.maxTokens),
  })
  try {
    return await timePlans(device, { ...session, precision }, { rounds, now })
  } finally {
    for (const tensor of session.owned) device.free(tensor)
  }
}

function workOf({ kernel, shape }: BenchCase): number {
  const { flops, bytes } = kernel.cost(shape)
  return flops + bytes
}

/** Ceilings of a processor behind ONNX Runtime would say nothing of our kernels. */
function assertGpu({ kind, noGpu }: DeviceFacts): void {
  if (kind === 'wasm') throw new AppError(noGpu ?? 'device/no-adapter', { message: 'kernels are timed on a GPU' })
}
