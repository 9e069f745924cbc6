// Writes the table of docs/numerics.md: every golden on both executors, the largest error of each check.
//   npm run numerics
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GpuExecutor } from '../src/gpu/executor'
import { Gpu } from '../src/gpu/gpu'
import { ReferenceExecutor } from '../src/reference/executor'
import { openDevice } from '../src/terminal/dawn'
import { checkNames, errorsOfGolden, goldenNames, loadGolden, targets, tensorsOfGolden } from '../tests/helpers/golden'
import { readGoldenFile } from '../tests/helpers/goldenFiles'

const START = '<!-- numerics: made by npm run numerics -->'
const END = '<!-- numerics: end -->'

const { device, facts } = await openDevice()
const gpu = new Gpu(device)
const rows: string[] = []
for (const name of goldenNames) {
  const golden = await loadGolden(name, readGoldenFile)
  const onReference = await errorsOfGolden(golden, () => Promise.resolve(new ReferenceExecutor()))
  let clean = () => {}
  const onGpu = await errorsOfGolden(golden, async (program) => {
    const executor = await GpuExecutor.build(gpu, program.plans, program.reads)
    clean = () => {
      executor.dispose()
      for (const tensor of tensorsOfGolden(program)) gpu.free(tensor)
    }
    return executor
  })
  clean()
  for (const [executor, errors] of [
    ['reference', onReference],
    ['GPU', onGpu],
  ] as const) {
    rows.push(`| ${name} | ${executor} | ${checkNames.map((check) => errors[check].toExponential(1)).join(' | ')} |`)
  }
  console.log(rows.slice(-2).join('\n'))
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
