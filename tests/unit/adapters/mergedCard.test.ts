import { expect, test } from 'vitest'
import { mergedCard } from '../../../src/adapters/mergedCard'
import { decodeUtf8 } from '../../../src/base/bytes'
import { readCard } from '../../../src/base/frontMatter'

const facts = {
  info: { rank: 8, alpha: 16, usesRsLora: false, targets: ['q_proj'], parameters: 12_288 },
  model: { id: 'owner/base', name: 'Base', sha256: 'ab'.repeat(32) },
  provenance: null,
  stored: 'float16',
  use: { kind: 'safetensors' as const },
  isQuantized: false,
}
const written = `---
library_name: peft
license: cc-by-4.0
language: [en, ko]
---

# My adapter

## Use

\`\`\`python
# a comment
\`\`\`
`

test('what a person wrote of the adapter stands in the card of the model, below its own', () => {
  const card = decodeUtf8(mergedCard({ ...facts, written }))
  const read = readCard(card)
  expect('fields' in read && Object.fromEntries(read.fields)).toMatchObject({
    base_model: 'owner/base',
    library_name: 'transformers',
    license: 'cc-by-4.0',
    language: ['en', 'ko'],
  })
  expect(card.match(/^# .*/gm)).toEqual(['# A fine-tuned model', '# a comment'])
  expect(card).toContain('## The card of the adapter\n\n### My adapter\n\n#### Use\n')
})

test('a card that nobody wrote leaves no trace', () => {
  expect(decodeUtf8(mergedCard(facts))).not.toContain('The card of the adapter')
})
