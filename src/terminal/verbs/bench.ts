// bench: this device's ceilings, every kernel at its bench sizes, and whole steps of a model's shape.
import { measureCeilings, shareOfFloor, timeBenchCase, timePlans, type BenchRow } from '../../benchmark/deviceBench'
import { recordTrainingSession } from '../../engine/session'
import { presets } from '../../engine/presets'
import { Gpu } from '../../gpu/gpu'
import { benchCases } from '../../kernels'
import { linearNamesOf, readModelConfig } from '../../models/config'
import { declareModel, tensorsOfModel } from '../../models/model'
import { openDevice } from '../dawn'
import { number, text } from '../flags'
import { figures } from '../figures'
import { modelFolder } from '../folders'
import { readModelFile } from '../nodeEngine'
import { table } from '../output'
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
    const config = readModelConfig(await readJson(modelFolder(values.model), 'config.json'))

    const { device, facts } = await openDevice()
    const gpu = new Gpu(device)
    const options = { rounds: values.rounds, now: () => performance.now() }
    const ceilings = await measureCeilings(gpu, facts, options)
    output.line(`${facts.vendor} ${facts.architecture} ${facts.description}${facts.isSoftware ? ' (software)' : ''}`)
    output.line(
      `at best ${figures.significant(ceilings.flopsPerSecond / 1e9)} GFLOP/s and ` +
        `${figures.significant(ceilings.bytesPerSecond / 1e9)} GB/s`,
    )
    output.line()
    const rows: BenchRow[] = []
    for (const [index, one] of cases.entries()) {
      output.progress(index, cases.length, `${one.kernel.name}: ${one.name}`)
      rows.push(await timeBenchCase(gpu, one, options))
    }
    for (const precision of precisions) {
      output.progress(cases.length, cases.length, `steps in ${precision}`)
      const model = declareModel(config, precision)
      const settings = { ...presets.balanced, targets: linearNamesOf(config), precision }
      const session = recordTrainingSession(model, settings)
      rows.push(...(await timePlans(gpu, { ...session, what: `step/${precision}` }, options)))
      for (const tensor of [...session.owned, ...tensorsOfModel(model)]) gpu.free(tensor)
    }
    output.endProgress()
    const measured = rows.map((row) => ({ ...row, shareOfFloor: shareOfFloor(row, ceilings) }))
    output.json({ device: facts, date: new Date().toISOString().slice(0, 10), ceilings, rows: measured })
    const head = ['median ms', '± spread', 'n', 'GFLOP/s', 'GB/s', 'of floor', 'what']
    const lines = measured.map(({ what, name, timing, flops, bytes, shareOfFloor: share }) => {
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
    })
    for (const line of table([head, ...lines], { alignment: 'rrrrrrl' })) output.line(line)
  },
})

async function readJson(folder: string, name: string): Promise<unknown> {
  const bytes = await readModelFile(folder, name)
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch (cause) {
    throw new UsageError(`${folder}/${name} is not JSON`, { cause })
  }
}
