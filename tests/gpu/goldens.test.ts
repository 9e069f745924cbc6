// Every golden of PyTorch and PEFT on the GPU.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { GpuExecutor } from '../../src/gpu/executor'
import type { Gpu } from '../../src/gpu/gpu'
import { fetchFile } from '../../src/platform/fetchFile'
import {
  errorsOfGolden,
  goldenNames,
  inWholeBatches,
  loadGolden,
  missed,
  tensorsOfGolden,
  type GoldenProgram,
} from '../helpers/golden'
import { gpuForTests } from '../helpers/gpuForTests'

let gpu: Gpu
const cleanups: (() => void)[] = []
beforeAll(async () => {
  gpu = await gpuForTests()
})
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean()
})
afterAll(() => gpu?.dispose())

const read = (path: string) => fetchFile('/tests/interop/goldens/', path)

async function onGpu(program: GoldenProgram): Promise<GpuExecutor> {
  const executor = await GpuExecutor.build(gpu, program.plans, program.reads)
  cleanups.push(() => {
    executor.dispose()
    for (const tensor of tensorsOfGolden(program)) gpu.free(tensor)
  })
  return executor
}

describe.each(goldenNames)('%s', (name) => {
  test('gives what PyTorch and PEFT give', async () => {
    expect(missed(await errorsOfGolden(await loadGolden(name, read), onGpu))).toEqual([])
  })

  test('gives the very same with gradient checkpointing', async () => {
    const golden = await loadGolden(name, read)
    const plain = await errorsOfGolden(golden, onGpu, { steps: 2 })
    expect(await errorsOfGolden(golden, onGpu, { steps: 2, usesCheckpointing: true })).toEqual(plain)
  })
})

test.each(['llama-linear', 'qwen3'] as const)(
  '%s: one batch of all rows gives what accumulation gives',
  async (name) => {
    const golden = await loadGolden(name, read)
    expect(missed(await errorsOfGolden(inWholeBatches(golden), onGpu))).toEqual([])
  },
)
