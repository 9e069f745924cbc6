// Every golden on the reference executor, without Python, and what each golden would catch.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ReferenceExecutor } from '../../src/reference/executor'
import { learningRateAt } from '../../src/training/schedule'
import { checkNames, errorsOfGolden, goldenNames, loadGolden, targets } from '../helpers/golden'

const folder = join(import.meta.dirname, 'goldens')
const read = (path: string) => Promise.resolve(new Uint8Array(readFileSync(join(folder, path))))
const onReference = () => Promise.resolve(new ReferenceExecutor())

test('the files are those of the manifest', () => {
  const { sha256 } = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as {
    sha256: Record<string, string>
  }
  for (const [path, digest] of Object.entries(sha256)) {
    expect(
      createHash('sha256')
        .update(readFileSync(join(folder, path)))
        .digest('hex'),
      path,
    ).toBe(digest)
  }
})

describe.each(goldenNames)('%s', (name) => {
  test('gives what PyTorch and PEFT give', async () => {
    const errors = await errorsOfGolden(await loadGolden(name, read), onReference)
    for (const check of checkNames) expect(errors[check], check).toBeLessThan(targets[check])
  })

  test('has our learning rates', async () => {
    const { run } = await loadGolden(name, read)
    const rates = run.learningRates.map((_, step) => learningRateAt(step, { ...run, steps: run.learningRates.length }))
    rates.forEach((rate, step) => expect(rate).toBeCloseTo(run.learningRates[step] ?? Number.NaN, 12))
  })
})
