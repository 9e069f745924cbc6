import { describe, expect, test } from 'vitest'
import { preflight } from '../../../src/features/model/preflight'
import { presets } from '../../../src/engine/presets'
import type { PreparedCorpus } from '../../../src/text/types'

const set = (sequences: number) => ({
  tokens: new Uint32Array(sequences * 128),
  labels: new Uint32Array(sequences * 128),
  sequenceLength: 128,
  sequences,
  labelledTokens: sequences * 128,
})

function corpusOf(changes: Partial<PreparedCorpus['statistics']> = {}, validation = 4): PreparedCorpus {
  return {
    kind: 'text',
    sources: [],
    table: null,
    template: '{text}<|endoftext|>',
    train: set(40),
    validation: set(validation),
    preview: [],
    problems: [],
    statistics: {
      documents: 10,
      trainDocuments: 9,
      validationDocuments: 1,
      characters: 20_000,
      tokens: 5200,
      charactersPerToken: 3.9,
      trainedTokens: 5000,
      longestDocumentTokens: 600,
      lengthHistogram: { upTo: [], counts: [] },
      truncated: 0,
      ...changes,
    },
  }
}

const facts = { settings: presets.balanced, estimate: null, corpus: corpusOf(), model: null, device: null }
const ids = (changed: Partial<Parameters<typeof preflight>[0]>) =>
  preflight({ ...facts, ...changed }).map(({ id }) => id)
const settings = (changed: Partial<typeof presets.balanced>) => ({ settings: { ...presets.balanced, ...changed } })

describe('preflight', () => {
  test('a usual run has nothing wrong', () => {
    expect(preflight(facts).some(({ kind }) => kind === 'wrong' || kind === 'warning')).toBe(false)
  })

  test('what is wrong comes first', () => {
    expect(ids({ corpus: null, ...settings({ steps: 50, targets: [] }) })).toEqual([
      'no-targets',
      'no-text',
      'steps-few',
    ])
  })

  test('each cause is found', () => {
    expect(ids(settings({ steps: 99 }))).toContain('steps-few')
    expect(ids(settings({ targets: [] }))).toContain('no-targets')
    expect(ids(settings({ warmupSteps: 120 }))).toContain('warmup-whole-run')
    expect(ids(settings({ batchSize: 33 }))).toContain('batch-large')
    expect(ids(settings({ steps: 600 }))).toContain('many-epochs')
    expect(ids({ corpus: corpusOf({ trainedTokens: 1999 }) })).toContain('corpus-small')
    expect(ids({ corpus: corpusOf({ tokens: 100 }) })).toContain('sequence-longer-than-text')
    expect(ids({ corpus: corpusOf({}, 0) })).toContain('no-validation')
  })
})
