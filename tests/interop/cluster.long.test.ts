// The folder for a cluster, run: its script under TRL and PEFT, one process, against the same run here. Pairs, and
// running text, whose documents share sequences and see nothing of each other.
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { StepMetrics } from '../../src/engine/api'
import { NoPython, runPython, trlPython } from '../helpers/python'

const root = join(import.meta.dirname, '../..')
const model = join(root, 'public/models/plume-stories')
const STEPS = 12

const settings = {
  model,
  steps: STEPS,
  lr: 2e-3,
  warmup: 3,
  batch: 2,
  accumulate: 2,
  length: 64,
  rank: 4,
  'validation-share': 0,
}
const things = ['lamp', 'boat', 'gull', 'rope', 'storm', 'letter', 'harbor', 'clock', 'window', 'stove']
const data: Record<string, { readonly file: string; readonly content: string }> = {
  'prompts and completions': {
    file: 'rows.jsonl',
    content: things
      .map((thing, index) => ({
        prompt: `Where is the ${thing}?`,
        completion: `The ${thing} is by the door, where I left it ${index + 2} days ago.`,
      }))
      .map((row) => JSON.stringify(row))
      .join('\n'),
  },
  'running text': {
    file: 'text.txt',
    content: things
      .map((thing) => `The ${thing} stood at the end of the quay, and nobody knew whose it was.`)
      .join(' '),
  },
}

let scratch = ''
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'plume-cluster-'))
})
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

test.for(Object.entries(data))('%s', { timeout: 1_200_000 }, async ([name, { file, content }], context) => {
  const python = await trlPython().catch((thrown: unknown) => {
    if (thrown instanceof NoPython) return context.skip(thrown.message)
    throw thrown
  })
  const path = (part: string) => join(scratch, `${name} ${part}`)
  const text = join(scratch, file)
  writeFileSync(text, content)
  await plume('cluster', { ...settings, data: text, out: path('folder') })
  await runPython(python, [join(path('folder'), 'train.py'), '--model', model, '--out', path('theirs')])
  const theirs = JSON.parse(readFileSync(join(path('theirs'), 'log.json'), 'utf8')) as { loss: number }[]

  await plume('train', { ...settings, data: text, out: path('ours') })
  const ours = readFileSync(join(path('ours'), 'metrics.jsonl'), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as StepMetrics)
    .filter(({ kind }) => kind === 'step')
  expect(ours).toHaveLength(STEPS)
  const errors = ours.map(({ loss }, step) => Math.abs(loss / (theirs[step]?.loss ?? Number.NaN) - 1))
  console.log(
    `${name}: losses ${ours[0]?.loss.toFixed(4)} to ${ours.at(-1)?.loss.toFixed(4)}, largest relative error`,
    Math.max(...errors),
  )
  expect(Math.max(...errors)).toBeLessThan(1e-4)
})

async function plume(verb: string, flags: Readonly<Record<string, string | number>>): Promise<void> {
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)])
  await promisify(execFile)(process.execPath, [join(root, 'scripts/plume.mjs'), verb, ...args])
}
