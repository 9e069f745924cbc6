// bench: this device's ceilings, every kernel at its bench sizes, and whole steps of a model's shape.
import { measureCeilings, shareOfFloor, timeBenchCase, timePlans, type BenchRow } from '../../benchmark/deviceBench'
import { openModelFiles } from '../../engine/modelFiles/modelFiles'
import { recordTrainingSession } from '../../engine/session'
import { presets } from '../../engine/presets'
import { GpuDevice } from '../../gpu/gpuDevice'
import { benchCases } from '../../kernels'
import { linearNamesOf, readModelConfig } from '../../models/config'
import { declareModel, tensorsOfModel } from '../../models/model'
import { openDevice } from '../dawn'
import { number, text } from '../flags'
import { figures } from '../figures'
import { modelLocation } from '../folders'
import { openLocation } from '../folderSource'
import { UsageError } from '../usageError'
import { defineVerb } from '../verb'

const stepPrecisions = ['float32', 'int8'] as const

const flags = {
  only: text({ placeholder: 'PATTERN', help: 'Only what has this in its name: linear, attention, step/int8, …' }),
  rounds: number(5, { least: 1, most: 1000, isWhole: true, help: 'Timed runs of each; their median counts.' }),
  model: text({ placeholder: 'DIR|FILE', help: 'The shape of the whole steps; the embedded model’s when not given.' }),
}

export const bench = defineVerb({
  name: 'bench',
  summary: 'Times kernels and whole steps against what this device can do at best.',
  usage: 'bench [--only PATTERN] [--rounds N]',
  examples: ['bench --only linear --rounds 9', 'bench --json > bench.json'],
  operands: 0,
  flags,
  async run({ values, output }) {
    const only = values.only ?? ''
    const cases = benchCases.filter(({ kernel, name }) => `${kernel.name}: ${name}`.includes(only))
    const precisions = stepPrecisions.filter((precision) => `step/${precision}`.includes(only))
    if (cases.length + precisions.length === 0) throw new UsageError(`--only: no kernel has ${only} in its name`)
    const config = readModelConfig((await openModelFiles(await openLocation(modelLocation(values.model)))).config)

    const { device, facts } = await openDevice()
    const gpu = new GpuDevice(device)
    const options = { rounds: values.rounds, now: () => performance.now() }
    const ceilings = await measureCeilings(gpu, facts, options)
    output.line(`${facts.vendor} ${facts.architecture} ${facts.description}${facts.isSoftware ? ' (software)' : ''}`)
    output.line(
      `at best ${figures.significant(ceilings.flopsPerSecond / 1e9)} GFLOP/s and ` +
        `${figures.significant(ceilings.bytesPerSecond / 1e9)} GB/s` +
        (ceilings.int8OpsPerSecond === null
          ? ''
          : `, ${figures.significant(ceilings.int8OpsPerSecond / 1e9)} GOP/s in packed int8`),
    )
    output.line(
      `a dispatch takes ${figures.significant(1000 * ceilings.dispatchMs)} µs, encoding a thousand ` +
        `${figures.significant(ceilings.encodeMs)} ms, reading a number ${figures.significant(ceilings.readMs)} ms`,
    )
    output.line()
    output.line(rowLine(head))
    const rows: MeasuredRow[] = []
    const report = (row: BenchRow) => {
      const measured = { ...row, shareOfFloor: shareOfFloor(row, ceilings) }
      rows.push(measured)
      output.line(rowLine(cellsOf(measured)))
    }
    for (const one of cases) report(await timeBenchCase(gpu, one, options))
    for (const precision of precisions) {
      const model = declareModel(config, precision)
      const settings = { ...presets.balanced, targets: linearNamesOf(config), precision }
      const session = recordTrainingSession(model, settings)
      for (const row of await timePlans(gpu, { ...session, what: `step/${precision}` }, options)) report(row)
      for (const tensor of [...session.owned, ...tensorsOfModel(model)]) gpu.free(tensor)
    }
    output.json({ device: facts, date: new Date().toISOString().slice(0, 10), ceilings, rows })
  },
})

interface MeasuredRow extends BenchRow {
  readonly shareOfFloor: number
}

const head = ['median ms', '± spread', 'n', 'GFLOP/s', 'GB/s', 'of floor', 'what']
const widths = [10, 9, 4, 9, 8, 8]

/** Rows come one by one, so the widths are fixed. */
function rowLine(cells: readonly string[]): string {
  return cells.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('   ')
}

function cellsOf({ what, name, timing, flops, bytes, shareOfFloor: share }: MeasuredRow): string[] {
  const seconds = timing.value / 1000
  return [
    timing.value.toFixed(3),
    timing.spread.toFixed(3),
    String(timing.n),
    (flops / seconds / 1e9).toFixed(2),
    (bytes / seconds / 1e9).toFixed(2),
    figures.percent(share),
    `${what}: ${name}`,
  ]
}
