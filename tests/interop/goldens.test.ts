// Every golden on the reference executor, without Python.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ReferenceExecutor } from '../../src/reference/executor'
import { optimizerConstants } from '../../src/training/program'
import { learningRateAt } from '../../src/training/schedule'
import { errorsOfGolden, goldenNames, inWholeBatches, loadGolden, missed, recordGolden } from '../helpers/golden'
import { goldensFolder, readGoldenFile } from '../helpers/goldenFiles'

const onReference = () => Promise.resolve(new ReferenceExecutor())

test('the files are those of the manifest', () => {
  const { sha256 } = JSON.parse(readFileSync(join(goldensFolder, 'manifest.json'), 'utf8')) as {
    sha256: Record<string, string>
  }
  for (const [path, digest] of Object.entries(sha256)) {
    const bytes = readFileSync(join(goldensFolder, path))
    expect(createHash('sha256').update(bytes).digest('hex'), path).toBe(digest)
  }
})

describe.each(goldenNames)('%s', (name) => {
  test('gives what PyTorch and PEFT give', async () => {
    const golden = await loadGolden(name, readGoldenFile)
    expect(missed(await errorsOfGolden(golden, onReference))).toEqual([])
  })

  test('has our learning rates and constants of the optimizer', async () => {
    const { run } = await loadGolden(name, readGoldenFile)
    const rates = run.learningRates.map((_, step) => learningRateAt(step, { ...run, steps: run.learningRates.length }))
    rates.forEach((rate, step) => expect(rate).toBeCloseTo(run.learningRates[step] ?? Number.NaN, 12))
    const { beta1, beta2, epsilon } = optimizerConstants
    expect({ betas: run.betas, epsilon: run.epsilon }).toEqual({ betas: [beta1, beta2], epsilon })
  })

  test('gives the very same with gradient checkpointing', async () => {
    const golden = await loadGolden(name, readGoldenFile)
    const microSteps = (usesCheckpointing: boolean) =>
      recordGolden(golden, { usesCheckpointing }).training.micro.steps.length
    expect(microSteps(true)).toBeGreaterThan(microSteps(false))
    const plain = await errorsOfGolden(golden, onReference, { steps: 2 })
    expect(await errorsOfGolden(golden, onReference, { steps: 2, usesCheckpointing: true })).toEqual(plain)
  })
})

test.each(['llama-linear', 'qwen3'] as const)(
  '%s: one batch of all rows gives what accumulation gives',
  async (name) => {
    const golden = await loadGolden(name, readGoldenFile)
    expect(golden.run.accumulation).toBeGreaterThan(1)
    expect(missed(await errorsOfGolden(inWholeBatches(golden), onReference))).toEqual([])
  },
)
