// Documents packed into one sequence do not see each other: each token's loss is that of its document alone.
import { expect, test } from 'vitest'
import { Random } from '../../../src/base/random'
import { ReferenceExecutor } from '../../../src/reference/executor'
import { IGNORED_LABEL, type TokenSet } from '../../../src/text/types'
import { evaluate } from '../../../src/training/evaluation'
import { declareBatch, recordEvaluation } from '../../../src/training/program'
import { loadRandomModel, tinyConfig, tinyFamilies } from '../../helpers/tinyModel'

const random = new Random(3)
const documents = [5, 9, 3].map((length) => Uint32Array.from({ length }, () => random.integer(tinyConfig.vocabulary)))

/** Rows of documents, each a list of them laid end to end; the last token of a document has no label. */
function tokenSet(rows: readonly (readonly Uint32Array[])[], usesStarts = true): TokenSet {
  const sequenceLength = 17
  const size = rows.length * sequenceLength
  const set = {
    tokens: new Uint32Array(size),
    labels: new Uint32Array(size).fill(IGNORED_LABEL),
    documentStarts: new Uint32Array(size),
  }
  for (const [row, inRow] of rows.entries()) {
    let at = 0
    for (const ids of inRow) {
      const start = row * sequenceLength + at
      set.tokens.set(ids, start)
      set.labels.set(ids.subarray(1), start)
      set.documentStarts.fill(at, start, start + ids.length)
      at += ids.length
    }
  }
  const labelledTokens = set.labels.filter((label) => label !== IGNORED_LABEL).length
  const { documentStarts, ...rest } = set
  return { ...rest, ...(usesStarts ? { documentStarts } : {}), sequenceLength, sequences: rows.length, labelledTokens }
}

test.each(Object.values({ llama: tinyConfig, ...tinyFamilies }))('$family', async (config) => {
  const executor = new ReferenceExecutor()
  const model = await loadRandomModel((tensor, data) => executor.write(tensor, data), config, 'float32')
  const lossesOf = async (set: TokenSet): Promise<number[]> => {
    const shape = { batchSize: 2, sequenceLength: set.sequenceLength }
    const batch = declareBatch(shape)
    const plan = recordEvaluation(model, null, batch)
    const { tokenLosses } = await evaluate(executor, plan, batch, shape, set, { wantsTokenLosses: true })
    return [...(tokenLosses ?? [])].filter((_, index) => set.labels[index] !== IGNORED_LABEL)
  }
  const alone = await lossesOf(tokenSet(documents.map((document) => [document])))
  const packed = await lossesOf(tokenSet([documents]))
  expect(packed).toHaveLength(14)
  packed.forEach((loss, index) => expect(loss).toBeCloseTo(alone[index] ?? Number.NaN, 5))
  // Without the starts they would see each other, and the losses would differ.
  const mixed = await lossesOf(tokenSet([documents], false))
  expect(Math.max(...mixed.map((loss, index) => Math.abs(loss - (alone[index] ?? Number.NaN))))).toBeGreaterThan(0.01)
})
