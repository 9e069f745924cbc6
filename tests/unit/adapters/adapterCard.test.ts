import { expect, test } from 'vitest'
import { adapterCard } from '../../../src/adapters/adapterCard'

const info = { rank: 8, alpha: 16, usesRsLora: false, targets: ['q_proj', 'v_proj'], parameters: 12_288 }
const model = { id: 'plume-stories', name: 'Plume stories', sha256: 'ab'.repeat(32) }
const settings = {
  precision: 'int8',
  dropout: 0,
  learningRate: 0.0002,
  schedule: 'cosine',
  batchSize: 4,
  accumulation: 2,
  sequenceLength: 128,
  seed: 1,
}
const result = {
  steps: 120,
  baseValidationLoss: 4,
  bestValidationLoss: 3.5,
  lastValidationLoss: null,
  adapterSha256: 'cd'.repeat(32),
}
const read = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

test('the card names the base, the settings and what was measured', () => {
  const card = read(adapterCard({ info, model, provenance: { settings, result, corpusName: 'notes.txt' } }))
  expect(card.split('\n').slice(0, 8)).toEqual([
    '---',
    'library_name: peft',
    'base_model: "plume-stories"',
    'pipeline_tag: text-generation',
    'tags:',
    '  - "base_model:adapter:plume-stories"',
    '  - lora',
    '---',
  ])
  expect(card).toContain('| Trained parameters | 12,288 |')
  expect(card).toContain('| Sequences in a step | 8 |')
  expect(card).toContain('| Base | 4.0000 | 54.60 |')
  expect(card).toContain('| Adapter, last | not measured | not measured |')
})

test('an adapter that was opened has no training section', () => {
  expect(read(adapterCard({ info, model, provenance: null }))).not.toContain('## Training')
})

test('foreign names cannot leave their place', () => {
  const evil = 'a`|\n---\n<img src=x onerror=alert(1)>\n# b'
  const card = read(
    adapterCard({
      info,
      model: { ...model, id: evil, name: evil },
      provenance: { settings, result, corpusName: evil },
    }),
  )
  expect(card.split('\n').filter((line) => line.startsWith('# '))).toHaveLength(1)
  expect(card.match(/^---$/gm)).toHaveLength(2)
  expect(card).not.toMatch(/^<img/m)
  expect(card).toContain('\\<img')
})
