// Every golden of PyTorch and PEFT in ONNX Runtime, by the same plans.
import { afterEach, describe, expect, test } from 'vitest'
import {
  errorsOfGolden,
  goldenNames,
  loadGolden,
  missed,
  tensorsOfGolden,
  type GoldenProgram,
} from '../../helpers/golden'
import { readGoldenFile } from '../../helpers/goldenFiles'
import { wasmForTests } from '../../helpers/wasmForTests'

const device = wasmForTests()
const cleanups: (() => void)[] = []
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean()
})

async function onWasm(program: GoldenProgram) {
  const executor = await device.build(program.plans)
  cleanups.push(() => {
    executor.dispose()
    for (const tensor of tensorsOfGolden(program)) device.free(tensor)
  })
  return executor
}

describe.each(goldenNames)('%s', (name) => {
  test('gives what PyTorch and PEFT give', async () => {
    const golden = await loadGolden(name, readGoldenFile)
    expect(missed(await errorsOfGolden(golden, onWasm, { declared: { joinsLinears: false } }))).toEqual([])
  })
})
