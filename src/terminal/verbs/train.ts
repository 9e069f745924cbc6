// train: the page's run, from files to a PEFT folder.
import { AppError } from '../../base/errors'
import type { Engine } from '../../engine/engine'
import type { AdapterInfo, ModelInfo, RunEvent, RunListener, RunResult, TrainingSettings } from '../../engine/api'
import { recognizeChat } from '../../text/recognizeChat'
import { readingOf, trainingSets } from '../corpora'
import { figures } from '../figures'
import { number, optional, requiredText, text, texts, toggle, type FlagValues } from '../flags'
import { adapterFiles, modelLocation, readAll } from '../folders'
import { Interruption, listenForInterrupts } from '../interrupts'
import { nodeEngine } from '../nodeEngine'
import type { Output } from '../output'
import { adapterFilesOf, isMetrics, MetricsFile, METRICS_FILE, RUN_ID, RunFolder, type Metrics } from '../runFolder'
import { deviceFlag, precisionFlag, presetFlag, settingOfFlag, settingsFlags, settingsOf } from '../trainingFlags'
import { UsageError } from '../usageError'
import { defineVerb, PROGRAM } from '../verb'

const flags = {
  model: text({ placeholder: 'DIR|FILE', help: 'A model’s folder or its weights; the embedded one when not given.' }),
  data: texts({ placeholder: 'FILE', help: 'Texts to learn from: .txt, .md, .csv, .json, .jsonl.' }),
  valid: texts({ placeholder: 'FILE', help: 'Texts to measure on; otherwise a share of the data is held out.' }),
  out: requiredText({ placeholder: 'DIR', help: 'Where the adapter goes, as a PEFT folder, and metrics.jsonl.' }),
  adapter: text({
    placeholder: 'DIR|ZIP',
    help: 'Goes on from this adapter, with its rank, alpha and targets; the optimizer starts anew.',
  }),
  preset: presetFlag,
  precision: optional(precisionFlag),
  device: deviceFlag,
  ...settingsFlags,
  'checkpoint-every': number(10, { least: 0, most: 86_400, help: 'Seconds between checkpoints: what a kill costs.' }),
  resume: toggle('Goes on with the unfinished run in --out, on the same path as if it had never stopped.'),
  overwrite: toggle('Replaces what --out holds.'),
}

type Values = FlagValues<typeof flags>

const adapterDecides = ['rank', 'alpha', 'rslora', 'targets'] as const
/** Readable output without a terminal names at most so many steps. */
const SHOWN_STEPS = 40

export const train = defineVerb({
  name: 'train',
  summary: 'Trains a LoRA adapter and writes it as a PEFT folder.',
  usage: 'train --data FILE… --out DIR [--model DIR|FILE] [flags]',
  examples: [
    'train --data ../shared/corpus/sherlock-holmes.txt --steps 20 --out out/sherlock',
    'train --out out/sherlock --resume',
  ],
  operands: 0,
  flags,
  async run({ values, given, output }) {
    const folder = new RunFolder(values.out)
    const release = await folder.lock()
    try {
      if (values.resume) await resumeRun(folder, { values, given, output })
      else await startRun(folder, { values, given, output })
    } finally {
      release()
    }
  },
})

interface TrainCall {
  readonly values: Values
  readonly given: ReadonlySet<string>
  readonly output: Output
}

async function startRun(folder: RunFolder, { values, given, output }: TrainCall): Promise<void> {
  if (values.data.length === 0) throw new UsageError('--data FILE… is missing')
  const decided = values.adapter === null ? undefined : adapterDecides.find((name) => given.has(name))
  if (decided !== undefined) throw new UsageError(`--${decided} is the adapter’s own and cannot change with --adapter`)
  if (!values.overwrite) await folder.checkEmpty()
  const files = { data: await readAll(values.data), valid: await readAll(values.valid) }
  const adapter = values.adapter === null ? null : await adapterFiles(values.adapter)

  const engine = engineFor(folder, values)
  const model = await engine.loadModel(modelLocation(values.model))
  const continued = adapter && (await engine.importAdapter(adapter))
  const settings = settingsFor(values, { model, continued })
  const estimate = await engine.planRun(settings)
  const { train: set, validation } = await trainingSets(
    files,
    readingOf(engine.tokenizer(), model.chatTemplate),
    settings,
  )
  if (values.overwrite) await folder.clear()
  const metrics = await MetricsFile.open(folder.metricsPath, 0, [])

  output.line(headline(model.name, settings, values.data))
  output.line(
    `${figures.count(estimate.trainableParameters)} trained parameters, ${figures.count(set.labelledTokens)} tokens in ` +
      `${figures.count(set.sequences)} sequences, ${figures.bytes(totalOf(estimate.memory))} on the device`,
  )
  const request = {
    runId: RUN_ID,
    settings,
    train: set,
    validation,
    pinnedPrompts: [],
    sampleEvery: 0,
    corpusName: files.data.map(({ name }) => name).join(', '),
    ...(adapter ? { continuesAdapter: true } : {}),
  }
  const report = reporter({ output, metrics, settings })
  await finishRun(engine, { folder, model, values, output }, () => engine.train(request, report))
}

async function resumeRun(folder: RunFolder, { values, given, output }: TrainCall): Promise<void> {
  const unfinished = await folder.unfinished()
  if (!unfinished) throw new UsageError(`there is no unfinished run in ${folder.path}`)
  const { settings } = unfinished.request
  const engine = engineFor(folder, values)
  const model = await engine.loadModel(modelLocation(values.model))
  checkSameSettings(settings, settingsFor(values, { model, continued: null }), given)
  const metrics = await MetricsFile.open(folder.metricsPath, unfinished.step, unfinished.events)
  output.line(`${headline(model.name, settings, [unfinished.request.corpusName])}, from step ${unfinished.step} on`)
  const report = reporter({ output, metrics, settings })
  await finishRun(engine, { folder, model, values, output }, () => engine.resumeRun(RUN_ID, report))
}

async function finishRun(
  engine: Engine,
  { folder, model, values, output }: { folder: RunFolder; model: ModelInfo; values: Values; output: Output },
  run: () => Promise<RunResult>,
): Promise<void> {
  output.progress(0, 1, 'preparing the device and measuring the start')
  const interrupts = listenForInterrupts(() => {
    output.note('Finishing this step and saving a checkpoint. Once more ends it at once.')
    engine.interrupt()
  })
  let result: RunResult
  try {
    result = await run()
  } catch (thrown) {
    output.endProgress()
    if (!(thrown instanceof AppError) || thrown.code !== 'run/interrupted') throw thrown
    const resume = thrown.details['isSaved'] === true ? resumeCommand(values) : null
    output.json({ kind: 'interrupted', ...thrown.details, resume })
    throw new Interruption(
      `${thrown.message}${resume === null ? '' : `; to go on: ${resume}`}`,
      interrupts.signal ?? 'SIGINT',
    )
  } finally {
    interrupts.stop()
  }
  output.endProgress()
  const exported = await engine.exportAdapter(recognizeChat(model.chatTemplate))
  await folder.writeAdapter(exported)
  const files = adapterFilesOf(exported).map(({ name }) => name)
  const { movement: _, ...adapter } = exported.info
  output.json({ kind: 'result', ...result, out: folder.path, files, adapter })
  for (const line of closingLines(result, { folder, info: exported.info })) output.line(line)
}

function engineFor(folder: RunFolder, values: Values): Engine {
  return nodeEngine({
    device: values.device,
    store: folder.store,
    checkpointEveryMs: 1000 * values['checkpoint-every'],
  })
}

function settingsFor(
  values: Values,
  { model, continued }: { model: Parameters<typeof settingsOf>[1]['model']; continued: AdapterInfo | null },
): TrainingSettings {
  const { preset, precision } = values
  const settings = settingsOf(values, { preset, precision: precision ?? 'f32', model })
  if (!continued) return settings
  const { rank, alpha, usesRsLora, targets } = continued
  return { ...settings, rank, alpha, usesRsLora, targets }
}

/** `--resume` may stand behind the command that began the run, but cannot change it. */
function checkSameSettings(stored: TrainingSettings, now: TrainingSettings, given: ReadonlySet<string>): void {
  const flagsOfRun = { ...settingOfFlag, precision: 'precision' } as const
  for (const [flag, setting] of Object.entries(flagsOfRun)) {
    if (!given.has(flag) || String(stored[setting]) === String(now[setting])) continue
    throw new UsageError(`--${flag} is ${String(now[setting])}, but the run was begun with ${String(stored[setting])}`)
  }
}

function reporter({
  output,
  metrics,
  settings,
}: {
  output: Output
  metrics: MetricsFile
  settings: TrainingSettings
}): RunListener {
  const shownEvery = Math.max(1, Math.ceil(settings.steps / SHOWN_STEPS))
  let lastLoss = Number.NaN
  return (events: readonly RunEvent[]) => {
    for (const event of events) {
      if (event.kind === 'warning') {
        output.note(`warning after step ${event.step}: ${event.code} ${JSON.stringify(event.details)}`)
      }
      if (!isMetrics(event) || !metrics.add(event)) continue
      output.json(event)
      if (event.kind === 'validation') output.line(validationLine(event))
      else if (output.isInteractive) {
        // A step's loss is noisy: what moves under the bar is a running mean of about ten.
        lastLoss = Number.isNaN(lastLoss) ? event.loss : 0.9 * lastLoss + 0.1 * event.loss
        output.progress(event.step, settings.steps, barLabel(event, settings, lastLoss))
      } else if (event.step === 1 || event.step % shownEvery === 0 || event.step === settings.steps) {
        output.line(stepLine(event, settings))
      }
    }
  }
}

function headline(modelName: string, settings: TrainingSettings, data: readonly string[]): string {
  const { steps, rank, precision, batchSize, accumulation, sequenceLength, seed } = settings
  const batch = accumulation === 1 ? `${batchSize}` : `${batchSize} x ${accumulation}`
  return (
    `${modelName} in ${precision} on ${data.join(', ')}: ${steps} steps of ${batch} x ${sequenceLength} tokens, ` +
    `rank ${rank}, seed ${seed}`
  )
}

function stepLine(event: Extract<Metrics, { kind: 'step' }>, { steps }: TrainingSettings): string {
  return [
    `step ${String(event.step).padStart(String(steps).length)} of ${steps}`,
    `loss ${figures.loss(event.loss)}`,
    `learning rate ${figures.exponent(event.learningRate)}`,
    `gradient norm ${figures.significant(event.gradientNorm)}`,
    `${figures.count(event.tokens)} tokens`,
    figures.duration(event.elapsedMs),
  ].join('   ')
}

function validationLine({ step, loss, perplexity, tokens, isBest }: Extract<Metrics, { kind: 'validation' }>): string {
  const remark = isBest ? ', the best so far' : ''
  return (
    `validation after step ${step}: loss ${figures.loss(loss)}, perplexity ${figures.significant(perplexity)} ` +
    `over ${figures.count(tokens)} tokens${remark}`
  )
}

function barLabel({ step, elapsedMs }: Extract<Metrics, { kind: 'step' }>, { steps }: TrainingSettings, loss: number) {
  const left = step < steps ? [`${figures.duration((steps - step) * elapsedMs)} left`] : []
  const pace = `${figures.duration(elapsedMs)} a step`
  return [`step ${step} of ${steps}`, `loss ${figures.loss(loss)}`, pace, ...left].join('   ')
}

function closingLines(result: RunResult, { folder, info }: { folder: RunFolder; info: AdapterInfo }): string[] {
  const { steps, elapsedMs, baseValidationLoss, bestValidationLoss, bestStep, adapterSha256 } = result
  const losses =
    baseValidationLoss === null || bestValidationLoss === null
      ? []
      : [
          `validation loss: base ${figures.loss(baseValidationLoss)}, adapter ${figures.loss(bestValidationLoss)} ` +
            `(kept from step ${bestStep ?? steps})`,
        ]
  return [
    `${steps} steps in ${figures.duration(elapsedMs)}`,
    ...losses,
    `adapter of rank ${info.rank} in ${folder.path}, curves in ${folder.path}/${METRICS_FILE}`,
    `SHA-256 of its parameters ${adapterSha256}`,
  ]
}

function resumeCommand({ model, out }: Values): string {
  return [
    PROGRAM,
    'train',
    ...(model === null ? [] : ['--model', quoted(model)]),
    '--out',
    quoted(out),
    '--resume',
  ].join(' ')
}

/** For a shell, where it needs it. */
function quoted(word: string): string {
  return /^[\w./~:@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

function totalOf(bytes: Readonly<Record<string, number>>): number {
  return Object.values(bytes).reduce((sum, one) => sum + one, 0)
}
