// inspect: what stands at a path, without a GPU: a model, an adapter or a text.
import { basename } from 'node:path'
import { readPeftAdapter } from '../../adapters/peft'
import { presets } from '../../engine/presets'
import { estimateRun } from '../../engine/estimate'
import { readHostAdapter } from '../../engine/adapterOnHost'
import { LoadedModel } from '../../engine/loadedModel'
import type { AdapterInfo } from '../../engine/api'
import { roles } from '../../plan/tensor'
import { totalBytes, type BytesByRole } from '../../plan/memory'
import type { Problem } from '../../text/types'
import { openReading, splitSets } from '../corpora'
import { text } from '../flags'
import { figures } from '../figures'
import { adapterFiles, kindOfPath, modelLocation, readAll } from '../folders'
import { openLocation } from '../folderSource'
import { facts, table, type Output } from '../output'
import { presetFlag, runFlags, settingsOf, shapeFlags, type SettingsFlagValues } from '../trainingFlags'
import { defineVerb } from '../verb'
import type { PresetName } from '../../engine/presets'

const flags = {
  model: text({
    placeholder: 'DIR|FILE',
    help: 'For an adapter: also how far it moves this model. For a text: whose tokens count; the embedded model’s when not given.',
  }),
  preset: presetFlag,
  ...shapeFlags,
  seed: runFlags.seed,
  'validation-share': runFlags['validation-share'],
}

type Values = SettingsFlagValues & { readonly model: string | null; readonly preset: PresetName }

export const inspect = defineVerb({
  name: 'inspect',
  summary: 'Shows what a model, an adapter or a text is, and what training would take.',
  usage: 'inspect MODEL|ADAPTER|CORPUS [flags]',
  examples: [
    'inspect public/models/plume-stories --batch 4 --length 256',
    'inspect out/sherlock --model public/models/plume-stories',
    'inspect ../shared/corpus/sherlock-holmes.txt',
  ],
  operands: 1,
  flags,
  async run({ values, operands: [path = ''], output }) {
    switch (kindOfPath(path)) {
      case 'model':
        return inspectModel(path, values, output)
      case 'adapter':
        return inspectAdapter(path, values, output)
      case 'corpus':
        return inspectCorpus(path, values, output)
    }
  },
})

async function inspectModel(path: string, values: Values, output: Output): Promise<void> {
  const model = await openModel(path)
  const { info } = model
  const estimates = (['f32', 'f16', 'int8'] as const).map((precision) =>
    estimateRun(model.config, settingsOf(values, { preset: values.preset, precision, model: info })),
  )
  const [float32, float16, int8] = estimates
  if (!float32 || !float16 || !int8) return
  const settings = settingsOf(values, { preset: values.preset, precision: 'f32', model: info })
  output.json({
    kind: 'model',
    ...info,
    settings,
    trainableParameters: float32.trainableParameters,
    memory: { float32: float32.memory, float16: float16.memory, int8: int8.memory },
    linearWeightBytes: {
      float32: float32.linearWeightBytes,
      float16: float16.linearWeightBytes,
      int8: int8.linearWeightBytes,
    },
    largestBufferBytes: {
      float32: float32.largestBufferBytes,
      float16: float16.largestBufferBytes,
      int8: int8.largestBufferBytes,
    },
    flopsPerStep: float32.flopsPerStep,
    tokensPerStep: float32.tokensPerStep,
  })
  const rows: [string, string][] = [
    ['model', `${info.name} (${info.architecture})`],
    ['SHA-256', info.sha256],
    ['files', figures.bytes(info.fileBytes)],
    ['parameters', figures.count(info.parameters)],
    ['shape', `${info.layers} layers, width ${info.width}, feed-forward ${info.feedForward}`],
    ['heads', `${info.heads} of ${info.headWidth}, ${info.keyValueHeads} for keys and values`],
    ['vocabulary', `${figures.count(info.vocabulary)}, head ${info.hasTiedHead ? 'tied' : 'of its own'}`],
    ['sequence', `${figures.count(info.maxTokens)} tokens at most`],
    ['linears', info.linears.join(', ')],
  ]
  for (const line of facts(rows)) output.line(line)
  output.line()
  output.line(
    `Training ${settings.batchSize} x ${settings.sequenceLength} tokens, rank ${settings.rank} on ` +
      `${settings.targets.join(', ')}${settings.usesCheckpointing ? ', with gradient checkpointing' : ''}:`,
  )
  const memory = roles.map((role) => [role, ...estimates.map((one) => figures.bytes(one.memory[role]))])
  const total = ['total', ...estimates.map((one) => sumOf(one.memory))]
  for (const line of table([['', 'float32', 'float16', 'int8'], ...memory, total])) output.line(line)
  output.line()
  output.line(
    `${figures.count(float32.trainableParameters)} trained parameters, ` +
      `${figures.significant(float32.flopsPerStep / 1e9)} GFLOP a step of ${figures.count(float32.tokensPerStep)} tokens`,
  )
}

async function inspectAdapter(path: string, values: Values, output: Output): Promise<void> {
  const files = await adapterFiles(path)
  if (values.model !== null) {
    const model = await openModel(values.model)
    const { info } = await readHostAdapter(model, files)
    output.json({ kind: 'adapter', ...info, model: model.info.name })
    for (const line of facts(adapterRows(info))) output.line(line)
    output.line()
    for (const line of movementTable(info)) output.line(line)
    return
  }
  const adapter = await readPeftAdapter(files)
  const { tensors, metadata, ...rest } = adapter
  const parameters = [...tensors.values()].reduce((sum, { data }) => sum + data.length, 0)
  const hasEffect = !adapter.notes.includes('no-effect')
  output.json({ kind: 'adapter', ...rest, parameters, hasEffect, metadata: Object.fromEntries(metadata) })
  const targets = [...new Set(adapter.modules.map((path) => path.slice(path.lastIndexOf('.') + 1)))]
  const shown = { ...adapter, usesRsLora: adapter.useRsLora, targets, parameters, hasEffect }
  const rows = [...adapterRows(shown), ...[...metadata].map(([key, value]): [string, string] => [key, value])]
  for (const line of facts(rows)) output.line(line)
}

async function inspectCorpus(path: string, values: Values, output: Output): Promise<void> {
  const reading = await openReading(modelLocation(values.model))
  const { sequenceLength, validationShare, seed } = presets[values.preset]
  const options = {
    sequenceLength: values.length ?? sequenceLength,
    validationShare: values['validation-share'] ?? validationShare,
    seed: values.seed ?? seed,
  }
  const prepared = await splitSets(await readAll([path]), reading, options)
  const { kind: corpusKind, train, validation, statistics, problems } = prepared
  output.json({
    kind: 'corpus',
    corpusKind,
    ...statistics,
    sequenceLength: options.sequenceLength,
    trainSequences: train.sequences,
    validationSequences: validation.sequences,
    validationTokens: validation.labelledTokens,
    problems,
  })
  const { count } = figures
  const rows: [string, string][] = [
    ['kind', corpusKind],
    [
      'documents',
      `${count(statistics.documents)}: ${count(statistics.trainDocuments)} to train on, ` +
        `${count(statistics.validationDocuments)} held out`,
    ],
    ['characters', count(statistics.characters)],
    ['tokens', `${count(statistics.tokens)}, ${figures.significant(statistics.charactersPerToken)} characters each`],
    ['longest document', `${count(statistics.longestDocumentTokens)} tokens`],
    [
      `sequences of ${options.sequenceLength}`,
      `${count(train.sequences)} to train on with ${count(train.labelledTokens)} tokens, ` +
        `${count(validation.sequences)} held out with ${count(validation.labelledTokens)}`,
    ],
    ['cut off', `${count(statistics.truncated)} samples`],
    ...problems.map(problemRow),
  ]
  for (const line of facts(rows)) output.line(line)
}

async function openModel(path: string): Promise<LoadedModel> {
  const location = modelLocation(path)
  return LoadedModel.open(basename(location), await openLocation(location))
}

type AdapterFacts = Pick<
  AdapterInfo,
  'rank' | 'alpha' | 'usesRsLora' | 'parameters' | 'baseModel' | 'hasEffect' | 'notes'
> & { readonly targets: readonly string[]; readonly matchesBaseHash?: boolean }

function adapterRows(adapter: AdapterFacts): [string, string][] {
  const { rank, alpha, usesRsLora, targets, parameters, baseModel, matchesBaseHash, hasEffect, notes } = adapter
  return [
    ['adapter', `LoRA of rank ${rank}, alpha ${alpha}${usesRsLora ? ', rsLoRA' : ''}`],
    ['targets', targets.join(', ')],
    ['parameters', figures.count(parameters)],
    ['base model', baseModel === '' ? 'not named' : baseModel],
    ...(matchesBaseHash === undefined
      ? []
      : [
          ['fits', matchesBaseHash ? 'made on this very base' : 'by its shapes; made on another base or not said'] as [
            string,
            string,
          ],
        ]),
    ['effect', hasEffect ? 'yes' : 'none: every B is zero'],
    ...(notes.length > 0 ? [['notes', notes.join(', ')] as [string, string]] : []),
  ]
}

/** How far each linear moved: layers down, linears across. */
function movementTable({ movement, targets }: AdapterInfo): string[] {
  const layers = [...new Set(movement.map(({ layer }) => layer))]
  const rows = layers.map((layer) => [
    `layer ${layer}`,
    ...targets.map((linear) => {
      const found = movement.find((one) => one.layer === layer && one.linear === linear)
      return found ? figures.percent(found.share) : ''
    }),
  ])
  return table([['||scale B A|| / ||W||', ...targets], ...rows])
}

function problemRow({ kind, file, count, lines }: Problem): [string, string] {
  const where = lines.length > 0 ? `, lines ${lines.join(', ')}` : ''
  return ['note', `${kind}: ${figures.count(count)}${file === '' ? '' : ` in ${file}`}${where}`]
}

function sumOf(memory: BytesByRole): string {
  return figures.bytes(totalBytes(memory))
}
