// Every golden on the reference executor, without Python.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ReferenceExecutor } from '../../src/reference/executor'
import { learningRateAt } from '../../src/training/schedule'
import { errorsOfGolden, goldenNames, loadGolden, missed } from '../helpers/golden'
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

  test('has our learning rates', async () => {
    const { run } = await loadGolden(name, readGoldenFile)
    const rates = run.learningRates.map((_, step) => learningRateAt(step, { ...run, steps: run.learningRates.length }))
    rates.forEach((rate, step) => expect(rate).toBeCloseTo(run.learningRates[step] ?? Number.NaN, 12))
  })
})

test('gradient checkpointing gives the same, accumulation included', async () => {
  const golden = await loadGolden('llama-linear', readGoldenFile)
  const plain = await errorsOfGolden(golden, onReference)
  expect(await errorsOfGolden(golden, onReference, { usesCheckpointing: true })).toEqual(plain)
})
