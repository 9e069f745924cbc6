// The real SmolLM2-135M-Instruct against llama.cpp on the same file: same ids, same perplexity; and it learns.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, expect, test } from 'vitest'
import { precisions } from '../../src/plan/precision'
import { llamaPython, NoPython, runPython } from '../helpers/python'
import { smollm2File } from '../helpers/smollm2'
import type { Measured } from './smollm2/measure'

const root = join(import.meta.dirname, '../..')
const text = join(root, 'tests/interop/smollm2/keeper.txt')
const bridge = join(root, 'tests/interop/python/llama_cpp_bridge.py')

interface Reference {
  readonly ids: readonly number[]
  readonly losses: readonly number[]
}

let measured: Measured
let reference: Reference
let missing: string | undefined

beforeAll(async () => {
  try {
    const model = await smollm2File()
    const python = await llamaPython()
    const script = [join(root, 'scripts/run.mjs'), join(root, 'tests/interop/smollm2/measure.ts'), model, text]
    const { stdout } = await promisify(execFile)(process.execPath, script, { maxBuffer: 64 * 1024 * 1024 })
    measured = JSON.parse(stdout) as Measured
    reference = JSON.parse(await runPython(python, [bridge, model, text])) as Reference
  } catch (thrown) {
    if (!(thrown instanceof NoPython)) throw thrown
    missing = thrown.message
  }
}, 1_800_000)

const perplexity = (losses: readonly number[]): number =>
  Math.exp(losses.reduce((sum, loss) => sum + loss, 0) / losses.length)

test('the text has the same ids', (context) => {
  if (missing !== undefined) context.skip(missing)
  expect(measured.ids).toEqual(reference.ids)
})

// llama.cpp rounds activations to int8 before each product, so single tokens differ more than their mean.
test.for(precisions)('the perplexity in %s is that of llama.cpp to half a percent', (precision, context) => {
  if (missing !== undefined) context.skip(missing)
  const ours = perplexity(measured.losses[precision])
  const theirs = perplexity(reference.losses)
  console.info(
    `${precision}: perplexity ${ours.toFixed(4)}, llama.cpp ${theirs.toFixed(4)}, ${measured.ids.length} tokens`,
  )
  expect(Math.abs(ours / theirs - 1)).toBeLessThan(0.005)
})

test.for(precisions)('five LoRA steps on %s lower the loss of the batch', (precision, context) => {
  if (missing !== undefined) context.skip(missing)
  const losses = measured.trainingLosses[precision]
  console.info(`${precision}: ${losses.map((loss) => loss.toFixed(4)).join(', ')}`)
  expect(losses).toHaveLength(5)
  expect(losses[4]).toBeLessThan(losses[0] ?? 0)
})
