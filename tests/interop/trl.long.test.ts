// The presets of the page against the same settings in TRL's SFTTrainer, on the embedded model: same tokens,
// same mask, and, with the batches in our order, the same curve.
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { defined } from '../../src/base/assert'
import type { StepMetrics, TrainingSettings } from '../../src/engine/api'
import { presetNames, presets } from '../../src/engine/presets'
import { openReading, trainingSets } from '../../src/terminal/corpora'
import { batchOrder } from '../../src/text/batches'
import { formatPrompt } from '../../src/text/promptTemplate'
import { IGNORED_LABEL } from '../../src/text/types'
import { NoPython, runPython, trlPython } from '../helpers/python'

const root = join(import.meta.dirname, '../..')
const model = join(root, 'public/models/plume-stories')
const bridge = join(root, 'tests/interop/python/trl_bridge.py')

// Our own words: little questions with answers of different lengths.
const things = ['lamp', 'boat', 'gull', 'rope', 'storm', 'letter', 'harbor', 'clock', 'window', 'stove']
const rows = things.flatMap((thing, index) => [
  {
    prompt: `Where is the ${thing}?`,
    completion: `The ${thing} is by the door, where I left it ${index + 2} days ago.`,
  },
  {
    prompt: `Tell me about the ${thing}.`,
    completion: `It is old. ${'I look at it every evening. '.repeat(1 + (index % 3))}`,
  },
])

interface TrlResult {
  readonly rows: readonly { readonly tokens: readonly number[]; readonly mask: readonly number[] }[]
  readonly log: readonly { readonly loss: number; readonly learning_rate: number; readonly grad_norm: number }[]
}

let scratch = ''
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'plume-trl-'))
})
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

test.for(presetNames)('%s', { timeout: 1_200_000 }, async (preset, context) => {
  const python = await trlPython().catch((thrown: unknown) => {
    if (thrown instanceof NoPython) return context.skip(thrown.message)
    throw thrown
  })
  // A shorter run on shorter sequences; all else is the preset's.
  const settings: TrainingSettings = { ...presets[preset], steps: 24, sequenceLength: 64, validationShare: 0 }
  const folder = (name: string) => join(scratch, `${preset}-${name}`)
  const data = folder('rows.jsonl')
  writeFileSync(data, rows.map((row) => JSON.stringify(row)).join('\n'))

  // The rows in the order in which our run will take them.
  const reading = await openReading(model)
  const { tokenizer } = reading
  const file = { name: 'rows.jsonl', bytes: new Uint8Array(readFileSync(data)) }
  const { train } = await trainingSets({ data: [file], valid: [] }, reading, settings)
  const order = Array.from({ length: settings.steps }, (_, step) =>
    batchOrder(train.sequences, settings.batchSize * settings.accumulation, settings.seed, step),
  ).flatMap((indexes) => [...indexes])
  const sequence = (index: number) => {
    const at = index * train.sequenceLength
    return {
      tokens: [...train.tokens.subarray(at, at + train.sequenceLength)],
      labels: [...train.labels.subarray(at, at + train.sequenceLength)],
    }
  }
  const rowOf = (index: number) => {
    const text = tokenizer.decode(sequence(index).tokens)
    return defined(
      rows.find(({ prompt }) => text.startsWith(formatPrompt(prompt))),
      text,
    )
  }
  const job = folder('job.json')
  writeFileSync(
    job,
    JSON.stringify({
      model,
      adapter: folder('adapter'),
      settings,
      rows: order.map(rowOf).map(({ prompt, completion }) => ({ prompt: formatPrompt(prompt), completion })),
    }),
  )

  await runPython(python, [bridge, 'start', job])
  const output = await runPython(python, [bridge, 'train', job])
  const result = JSON.parse(defined(output.split('RESULT ')[1], output.slice(-2000))) as TrlResult

  for (const [place, index] of order.entries()) {
    const { tokens, mask } = defined(result.rows[place], 'a row')
    const ours = sequence(index)
    expect(ours.tokens.slice(0, tokens.length)).toEqual(tokens)
    // Theirs is trained on the token itself, ours on predicting it one position before.
    const trained = ours.labels.map((label) => (label === IGNORED_LABEL ? 0 : 1))
    expect([0, ...trained].slice(0, tokens.length)).toEqual(mask)
  }

  const metrics = await trainHere(settings, data, folder('adapter'), folder('out'))
  const losses: number[] = []
  const norms: number[] = []
  for (const [step, { loss, learningRate, gradientNorm }] of metrics.entries()) {
    const theirs = defined(result.log[step], 'a line of the log')
    expect(learningRate, `rate of step ${step}`).toBeCloseTo(theirs.learning_rate, 9)
    losses.push(Math.abs(loss / theirs.loss - 1))
    norms.push(Math.abs(gradientNorm / theirs.grad_norm - 1))
  }
  console.log(`${preset}: largest relative errors: loss ${Math.max(...losses)}, norm ${Math.max(...norms)}`)
  expect(metrics).toHaveLength(settings.steps)
  expect(Math.max(...losses)).toBeLessThan(1e-4)
  // Single steps answer strongly to rounding: at one of the quick preset's, PyTorch's own two implementations of
  // attention differ by 1.6e-3 in the norm, while all steps before agree to 1e-5.
  expect(Math.max(...norms)).toBeLessThan(1e-2)
  expect(median(norms)).toBeLessThan(1e-4)
})

/** The same run in the terminal, from the same adapter. */
async function trainHere(
  settings: TrainingSettings,
  data: string,
  adapter: string,
  out: string,
): Promise<readonly StepMetrics[]> {
  const flags = {
    model,
    data,
    adapter,
    out,
    steps: settings.steps,
    lr: settings.learningRate,
    schedule: settings.schedule,
    warmup: settings.warmupSteps,
    clip: settings.maxGradientNorm,
    'weight-decay': settings.weightDecay,
    batch: settings.batchSize,
    accumulate: settings.accumulation,
    length: settings.sequenceLength,
    seed: settings.seed,
    'validation-share': 0,
  }
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)])
  await promisify(execFile)(process.execPath, [join(root, 'scripts/plume.mjs'), 'train', ...args])
  return readFileSync(join(out, 'metrics.jsonl'), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as StepMetrics)
    .filter(({ kind }) => kind === 'step')
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
