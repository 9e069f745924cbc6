// Writes the table of docs/numerics.md: every golden on all executors, the largest error of each check.
//   npm run numerics
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GpuDevice } from '../src/gpu/gpuDevice'
import { ReferenceExecutor } from '../src/reference/executor'
import { openDevice } from '../src/terminal/dawn'
import type { Device } from '../src/plan/device'
import { wasmForTests } from '../tests/helpers/wasmForTests'
import {
  checkNames,
  errorsOfGolden,
  goldenNames,
  loadGolden,
  targets,
  tensorsOfGolden,
  type Golden,
} from '../tests/helpers/golden'
import { readGoldenFile } from '../tests/helpers/goldenFiles'

const START = '<!-- numerics: made by npm run numerics -->'
const END = '<!-- numerics: end -->'

const { device: gpu, facts } = await openDevice()
const devices = { GPU: new GpuDevice(gpu), 'ONNX Runtime': wasmForTests() }
const rows: string[] = []
for (const name of goldenNames) {
  const golden = await loadGolden(name, readGoldenFile)
  const addRow = (executor: string, errors: Awaited<ReturnType<typeof errorsOfGolden>>) =>
    rows.push(`| ${name} | ${executor} | ${checkNames.map((check) => errors[check].toExponential(1)).join(' | ')} |`)
  addRow('reference', await errorsOfGolden(golden, () => Promise.resolve(new ReferenceExecutor())))
  for (const [executor, device] of Object.entries(devices)) addRow(executor, await errorsOn(device, golden))
  console.log(rows.slice(-3).join('\n'))
}

async function errorsOn(device: Device, golden: Golden) {
  let clean = () => {}
  const errors = await errorsOfGolden(golden, async (program) => {
    const executor = await device.build(program.plans, program.reads)
    clean = () => {
      executor.dispose()
      for (const tensor of tensorsOfGolden(program)) device.free(tensor)
    }
    return executor
  })
  clean()
  return errors
}

const table = [
  `GPU: ${[facts.vendor, facts.architecture, facts.description].filter(Boolean).join(', ')}, through Dawn.`,
  '',
  `| golden | executor | ${checkNames.join(' | ')} |`,
  `| --- | --- |${' ---: |'.repeat(checkNames.length)}`,
  `| *target* | | ${checkNames.map((check) => targets[check].toExponential(0)).join(' | ')} |`,
  ...rows,
].join('\n')
const path = join(import.meta.dirname, '../docs/numerics.md')
const text = await readFile(path, 'utf8')
const start = text.indexOf(START)
const end = text.indexOf(END)
if (start < 0 || end < start) throw new Error('docs/numerics.md has lost the marks around its table')
await writeFile(path, `${text.slice(0, start + START.length)}\n\n${table}\n\n${text.slice(end)}`)
process.exit(0)
