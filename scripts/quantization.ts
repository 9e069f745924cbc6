// Writes the tables of docs/quantization.md: ways to store a model's matrices, and its activations, against float32.
//   npm run quantization [-- MODEL]     the embedded model, or one of yours: a folder or a GGUF file
// A way to store weights is measured by the floats that it stands for, on the processor, which is faster than a software
// adapter; activations in int8 run the real kernels.
import { readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { argmax } from '../src/base/argmax'
import { floatToHalf, halfToFloat, halvesToFloats } from '../src/base/float16'
import { logSumExp } from '../src/base/logSumExp'
import { openModelFiles } from '../src/engine/modelFiles/modelFiles'
import { recordProbeSession } from '../src/engine/session'
import type { ActivationGroup } from '../src/kernels/quantizeRows/quantizeRows'
import { familyOf, readModelConfig } from '../src/models/config'
import { declareModel, tensorsOfModel, type Model, type Precision } from '../src/models/model'
import { roundToHalves } from '../src/models/quantize'
import { loadWeights } from '../src/models/weights'
import { openLocation } from '../src/terminal/folderSource'
import { openGpu, openProcessor } from '../src/terminal/nodeEngine'
import { buildTokenSet } from '../src/text/batches'
import { GENERAL_TEXT } from '../src/text/generalText'
import { makeSample } from '../src/text/samples'
import { readTokenizerFiles } from '../src/text/tokenizerFiles'
import { divergenceOf } from '../src/training/divergence'
import { gatherSequences } from '../src/training/evaluation'
import { probeLogits, type Probe } from '../src/training/probe'

const SEQUENCE_TOKENS = 128
const SEQUENCES = 4

/** int8 with scales in halves, where a block is `block` columns of a row, a whole row, or everything; or all in halves. */
interface Scheme {
  readonly name: string
  readonly block: number | 'row' | 'tensor' | 'halves'
  /** Embedding and head stay float32. */
  readonly isForLinears?: boolean
  /** The real int8 kernels, with activations in int8 too. */
  readonly activations?: ActivationGroup
}

const schemes: readonly Scheme[] = [
  { name: 'float16', block: 'halves' },
  { name: 'one scale per tensor', block: 'tensor' },
  { name: 'one scale per row', block: 'row' },
  { name: 'blocks of 128', block: 128 },
  { name: 'blocks of 64', block: 64 },
  { name: '**blocks of 32**', block: 32 },
  { name: 'blocks of 32, embedding and head in float32', block: 32, isForLinears: true },
  { name: 'blocks of 32, activations int8 per token', block: 32, activations: 'row' },
  { name: 'blocks of 32, activations int8 in blocks of 32', block: 32, activations: 'block' },
]

const root = join(import.meta.dirname, '..')
const location = process.argv[2] ?? join(root, 'public/models/plume-stories')
const files = await openModelFiles(await openLocation(location))
const config = readModelConfig(files.config)
const { tokenizer } = readTokenizerFiles(files.tokenizer)
const log = await readFile(join(root, 'public/corpora/lighthouse-log.txt'), 'utf8')
const samples = [GENERAL_TEXT, log].map((text) => {
  const sample = makeSample({ kind: 'text', text }, { tokenizer })
  const count = (SEQUENCES / 2) * SEQUENCE_TOKENS
  return { ...sample, ids: sample.ids.slice(0, count), trained: sample.trained.slice(0, count) }
})
const set = buildTokenSet(samples, { sequenceLength: SEQUENCE_TOKENS, paddingId: tokenizer.endOfTextId })
const probe: Probe = {
  sequenceLength: SEQUENCE_TOKENS,
  sequences: Array.from({ length: SEQUENCES }, (_, index) =>
    gatherSequences(set, [index], { batchSize: 1, sequenceLength: SEQUENCE_TOKENS }),
  ),
}
const labels = probe.sequences.flatMap((sequence) => [...sequence.labels]).filter((id) => id < config.vocabulary)

const { device: processor } = await openProcessor()
const { device: gpu, facts } = await openGpu()

/** Squared norms of the matrices and of what their storage changed, and the bytes it takes. */
const sizes = { weights: 0, errors: 0, elements: 0, bytes: 0 }

async function logitsOf(precision: Precision, { block, isForLinears = false, activations }: Partial<Scheme>): Promise<Float32Array> {
  const device = activations ? gpu : processor
  const declared = declareModel(config, precision, device.needsParts ? {} : { maxPartRows: config.vocabulary })
  for (const tensor of tensorsOfModel(declared)) device.place(tensor)
  const { linears, modules } = familyOf(config)
  const ofLayers = linears.map(({ path }) => `.${path}.weight`)
  const tables = isForLinears ? [] : [`${modules.embedding}.weight`, 'lm_head.weight']
  Object.assign(sizes, { weights: 0, errors: 0, elements: 0, bytes: 0 })
  await loadWeights(
    declared,
    async (name, shape) => {
      const floats = await files.weights.float32(name)
      const isStored = tables.includes(name) || ofLayers.some((end) => name.endsWith(end))
      if (!isStored || block === undefined) return floats
      return block === 'halves' ? inHalves(floats) : stored(floats, shape, block, precision)
    },
    (tensor, data) => device.write(tensor, data),
  )
  const model: Model = activations ? { ...declared, int8Activations: activations } : declared
  const session = recordProbeSession(model, null, probe)
  const executor = await device.build(session.plans, session.reads)
  const logits = await probeLogits(executor, session.probe, probe)
  executor.dispose()
  for (const tensor of [...tensorsOfModel(declared), ...session.owned]) device.free(tensor)
  return logits
}

function inHalves(floats: Float32Array): Float32Array {
  const halves = roundToHalves(floats)
  const result = halves ? halvesToFloats(halves) : floats
  for (let i = 0; i < floats.length; i++) {
    sizes.weights += floats[i]! ** 2
    sizes.errors += (result[i]! - floats[i]!) ** 2
  }
  sizes.elements += floats.length
  sizes.bytes += (halves ? 2 : 4) * floats.length
  return result
}

/** The floats that int8 with such scales stands for; as they are where the int8 kernels store them themselves. */
function stored(
  floats: Float32Array,
  shape: readonly number[],
  block: Exclude<Scheme['block'], 'halves'>,
  precision: Precision,
) {
  const [rows = 1, columns = 1] = shape
  const result = floats.slice()
  const runs = block === 'tensor' ? 1 : rows
  const run = floats.length / runs
  const length = block === 'tensor' || block === 'row' ? run : block
  for (let start = 0; start < floats.length; start += run) {
    for (let first = start; first < start + run; first += length) {
      const part = result.subarray(first, Math.min(first + length, start + run))
      let largest = 0
      for (const value of part) largest = Math.max(largest, Math.abs(value))
      const scale = halfToFloat(floatToHalf(Math.fround(largest / 127)))
      for (let i = 0; i < part.length; i++) {
        const value = part[i]!
        part[i] = scale > 0 ? Math.max(-127, Math.min(127, Math.round(value / scale))) * scale : 0
        sizes.weights += value * value
        sizes.errors += (part[i]! - value) ** 2
      }
      sizes.bytes += 2
    }
  }
  sizes.elements += rows * columns
  sizes.bytes += rows * columns
  return precision === 'int8' ? floats : result
}

function perplexityOf(logits: Float32Array): number {
  const loss = labels.reduce((sum, label, row) => {
    const one = logits.subarray(row * config.vocabulary, (row + 1) * config.vocabulary)
    return sum + logSumExp(one) - one[label]!
  }, 0)
  return Math.exp(loss / labels.length)
}

const rows: string[] = []
const report = (cells: readonly string[]) => {
  rows.push(`| ${cells.join(' | ')} |`)
  console.log(rows.at(-1))
}
const reference = await logitsOf('float32', {})
const perplexity = perplexityOf(reference)
const correct = labels.filter((label, row) => {
  return argmax(reference.subarray(row * config.vocabulary, (row + 1) * config.vocabulary)) === label
})
report(['float32', '1', '0', perplexity.toFixed(3), '', '0', '100 %'])
for (const scheme of schemes) {
  const logits = await logitsOf(scheme.activations ? 'int8' : 'float32', scheme)
  const { divergence, agreement } = divergenceOf(reference, logits, config.vocabulary)
  const value = perplexityOf(logits)
  report([
    scheme.name,
    (sizes.bytes / (4 * sizes.elements)).toFixed(4),
    `${(100 * Math.sqrt(sizes.errors / sizes.weights)).toFixed(2)} %`,
    value.toFixed(3),
    `${value >= perplexity ? '+' : ''}${(100 * (value / perplexity - 1)).toFixed(2)} %`,
    divergence.value === 0 ? '0' : `${divergence.value.toExponential(1)} ± ${divergence.spread.toExponential(0)}`,
    `${(100 * agreement.value).toFixed(1)} ± ${(100 * agreement.spread).toFixed(1)} %`,
  ])
}

const name = basename(location, '.gguf')
const table = [
  `${labels.length} tokens, of which the model in float32 holds the right one likeliest ${correct.length} times. ` +
    `int8 activations ran on ${[facts.vendor, facts.architecture].filter(Boolean).join(' ')}, through Dawn.`,
  '',
  '| matrices | size | weight error | perplexity | change | KL divergence | same likeliest token |',
  '| --- | ---: | ---: | ---: | ---: | ---: | ---: |',
  ...rows,
].join('\n')
const path = join(root, 'docs/quantization.md')
const text = await readFile(path, 'utf8')
const startMark = `<!-- quantization of ${name}: made by npm run quantization -->`
const endMark = `<!-- quantization of ${name}: end -->`
const start = text.indexOf(startMark)
const end = text.indexOf(endMark)
if (start < 0 || end < start) console.log(`docs/quantization.md has no marks for ${name}; the table is above.`)
else await writeFile(path, `${text.slice(0, start + startMark.length)}\n\n${table}\n\n${text.slice(end)}`)
process.exit(0)
