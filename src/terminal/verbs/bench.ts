// bench: this device's ceilings, every kernel at its bench sizes, and whole steps of a model's shape. On the processor only
// the steps: kernels are the GPU's.
import { defined } from '../../base/assert'
import { measureCeilings, timeBenchCase, timePlans } from '../../benchmark/deviceBench'
import { shareOfFloor, type BenchRow, type Ceilings } from '../../benchmark/roofline'
import { openModelFiles } from '../../engine/modelFiles/modelFiles'
import { recordTrainingSession } from '../../engine/session'
import { presets } from '../../engine/presets'
import { benchCases } from '../../kernels'
import { linearNamesOf, readModelConfig } from '../../models/config'
import { declareModel, layoutOn, tensorsOfModel } from '../../models/model'
import type { KernelChoice } from '../../plan/device'
import type { Way } from '../../plan/kernelSpec'
import { precisions } from '../../plan/precision'
import { elementCount } from '../../plan/tensor'
import { number, text, toggle } from '../flags'
import { figures } from '../figures'
import { modelLocation } from '../folders'
import { openLocation } from '../folderSource'
import { openGpu, openProcessor } from '../nodeEngine'
import { deviceFlag, shapeFlags } from '../trainingFlags'
import { UsageError } from '../usageError'
import { defineVerb } from '../verb'

const flags = {
  only: text({ placeholder: 'PATTERN', help: 'Only what has this in its name: linear, attention, step/int8, …' }),
  device: deviceFlag,
  rounds: number(5, { least: 1, most: 1000, isWhole: true, help: 'Timed runs of each; their median counts.' }),
  tune: toggle('Tries every way to compute a kernel first; a GPU does so anyway.'),
  model: text({ placeholder: 'DIR|FILE', help: 'The shape of the whole steps; the embedded model’s when not given.' }),
  rank: shapeFlags.rank,
  batch: shapeFlags.batch,
  length: shapeFlags.length,
}

export const bench = defineVerb({
  name: 'bench',
  summary: 'Times kernels and whole steps against what this device can do at best.',
  usage: 'bench [--only PATTERN] [--rounds N] [--model DIR|FILE]',
  examples: ['bench --only linear --rounds 9', 'bench --json > bench.json'],
  operands: 0,
  flags,
  async run({ values, output }) {
    const only = values.only ?? ''
    const isGpu = values.device === 'gpu'
    const cases = benchCases.filter(({ kernel, name }) => isGpu && `${kernel.name}: ${name}`.includes(only))
    const stepPrecisions = precisions.filter((precision) => `step/${precision}`.includes(only))
    if (cases.length + stepPrecisions.length === 0) throw new UsageError(`--only: no kernel has ${only} in its name`)
    const config = readModelConfig((await openModelFiles(await openLocation(modelLocation(values.model)))).config)

    const settings = {
      ...presets.balanced,
      targets: linearNamesOf(config),
      rank: values.rank ?? presets.balanced.rank,
      batchSize: values.batch ?? presets.balanced.batchSize,
      sequenceLength: values.length ?? Math.min(presets.balanced.sequenceLength, config.maxTokens),
    }
    if (settings.sequenceLength > config.maxTokens) {
      throw new UsageError(`--length is ${settings.sequenceLength}; this model reads ${config.maxTokens} tokens`)
    }

    const { device, facts } = await (isGpu ? openGpu() : openProcessor())
    const options = { rounds: values.rounds, now: () => performance.now(), tunes: values.tune }
    const ceilings = isGpu ? await measureCeilings(device, facts, options) : null
    output.line(`${facts.vendor} ${facts.architecture} ${facts.description}${facts.isSoftware ? ' (software)' : ''}`)
    for (const line of ceilings ? ceilingLines(ceilings) : []) output.line(line)
    output.line()
    output.line(rowLine(head))
    const rows: MeasuredRow[] = []
    const report = (row: BenchRow) => {
      const measured = { ...row, shareOfFloor: ceilings && shareOfFloor(row, ceilings) }
      rows.push(measured)
      output.line(rowLine(cellsOf(measured)))
    }
    for (const one of cases) report(await timeBenchCase(device, one, options))
    for (const precision of stepPrecisions) {
      const model = declareModel(config, precision, layoutOn(device, config))
      const session = recordTrainingSession(model, { ...settings, precision })
      const steps = await timePlans(device, { ...session, precision }, options)
      for (const row of steps) report(row)
      const trainingTokens = settings.batchSize * settings.sequenceLength
      const promptTokens = elementCount(session.generation.prefill.tokens)
      output.line(rateLine(steps, { trainingTokens, promptTokens }))
      for (const tensor of [...session.owned, ...tensorsOfModel(model)]) device.free(tensor)
    }
    const { rank, batchSize, sequenceLength } = settings
    const date = new Date().toISOString().slice(0, 10)
    output.json({ device: facts, date, ceilings, settings: { rank, batchSize, sequenceLength }, rows })
  },
})

interface MeasuredRow extends BenchRow {
  /** null where no ceiling was measured. */
  readonly shareOfFloor: number | null
}

/** What a person notices of the steps: tokens a second. */
function rateLine(
  steps: readonly BenchRow[],
  { trainingTokens, promptTokens }: { readonly trainingTokens: number; readonly promptTokens: number },
): string {
  const msOf = new Map(steps.map(({ name, timing }) => [name, timing.value]))
  const rate = (tokens: number, names: readonly string[]) => {
    const ms = names.reduce((sum, name) => sum + defined(msOf.get(name), name), 0)
    return figures.rate((1000 * tokens) / ms)
  }
  const training = rate(trainingTokens, ['training step', 'optimizer update'])
  const [reading, answering] = [rate(promptTokens, ['prefill']), rate(1, ['decode'])]
  return `tokens a second: ${training} in training, ${reading} of a prompt, ${answering} of an answer`
}

function ceilingLines(ceilings: Ceilings): string[] {
  const { flopsPerSecond, bytesPerSecond, int8OpsPerSecond, dispatchMs, encodeMs, readMs } = ceilings
  const { significant } = figures
  const int8 = int8OpsPerSecond === null ? '' : `, ${significant(int8OpsPerSecond.value / 1e9)} GOP/s in packed int8`
  return [
    `at best ${significant(flopsPerSecond.value / 1e9)} GFLOP/s and ${significant(bytesPerSecond.value / 1e9)} GB/s${int8}`,
    `a dispatch takes ${significant(1000 * dispatchMs.value)} µs, encoding a thousand ${significant(encodeMs.value)} ms, ` +
      `reading a number ${significant(readMs.value)} ms`,
  ]
}

const head = ['median ms', '± spread', 'n', 'GFLOP/s', 'GB/s', 'of floor', 'what']
const widths = [10, 9, 4, 9, 8, 8]

/** Rows come one by one, so the widths are fixed. */
function rowLine(cells: readonly string[]): string {
  return cells.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('   ')
}

const names: Readonly<Record<Way, string>> = {
  tiles64: 'tiles of 64 rows',
  tiles32: 'tiles of 32 rows',
  lanes: 'lanes that share a row',
  subgroups: 'subgroups that share a row',
}

function wayOf({ way, speedup, isTaken }: KernelChoice): string {
  return `; ${isTaken ? 'by' : 'not by'} ${names[way]} (${figures.rough(speedup)} times as fast)`
}

function cellsOf({ what, name, timing, flops, bytes, choice, shareOfFloor: share }: MeasuredRow): string[] {
  const seconds = timing.value / 1000
  return [
    timing.value.toFixed(3),
    timing.spread.toFixed(3),
    String(timing.n),
    (flops / seconds / 1e9).toFixed(2),
    (bytes / seconds / 1e9).toFixed(2),
    share === null ? '–' : figures.percent(share),
    `${what}: ${name}${choice ? wayOf(choice) : ''}`,
  ]
}
