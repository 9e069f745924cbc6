import { describe, expect, test } from 'vitest'
import { readCard, titleOf, withField, withTitle, type CardFault } from '../../../src/base/frontMatter'

const card = `---
library_name: peft
base_model: "owner/name"
# a comment
tags:
  - "base_model:adapter:owner/name"
  - lora
language: [en, 'ko']
---

# A title

Text.
`

test('a head of fields and lists is read, and the rest left alone', () => {
  const read = readCard(card)
  if ('fault' in read) throw new Error(read.fault)
  expect(Object.fromEntries(read.fields)).toEqual({
    library_name: 'peft',
    base_model: 'owner/name',
    tags: ['base_model:adapter:owner/name', 'lora'],
    language: ['en', 'ko'],
  })
  expect(read.body).toBe('\n# A title\n\nText.\n')
})

const head = (...lines: string[]) => `---\nlibrary_name: peft\n${lines.join('\n')}\n---\n`

test.each<[name: string, text: string, fault: CardFault, line: number]>([
  ['no head', '# A title', 'no-start', 1],
  ['a space before the head', ` ${card}`, 'no-start', 1],
  ['a head without an end', '---\nlibrary_name: peft\n', 'no-end', 1],
  ['a word alone', head('license'), 'not-a-field', 3],
  ['a tab', head('\tlicense: mit'), 'not-a-field', 3],
  ['a field within a field', head('license:', '  name: mit'), 'not-a-field', 4],
  ['an item without a list', head('license: mit', '  - mit'), 'not-a-field', 4],
  ['a key without a space', head('license:mit'), 'not-a-field', 3],
  ['a key twice', head('license: mit', 'license: mit'), 'twice', 4],
  ['nothing', head('license:'), 'value', 3],
  ['nothing, before another field', head('license:', 'language: en'), 'value', 3],
  ['a quote that does not close', head('license: "mit'), 'value', 3],
  ['words behind a quote', head('license: "mit" or so'), 'value', 3],
  ['a colon in a plain value', head('license: mit: yes'), 'value', 3],
  ['a comment behind a value', head('license: mit # ours'), 'value', 3],
  ['an alias', head('license: *mit'), 'value', 3],
  ['a tag of YAML', head('license: !!python/object mit'), 'value', 3],
  ['a language that is a no', head('language: no'), 'value', 3],
  ['an object', head('license: {a: b}'), 'value', 3],
  ['a list in a list', head('tags: [[a]]'), 'value', 3],
  ['an empty item', head('tags: [a, ]'), 'value', 3],
  ['no library', '---\nlicense: mit\n---\n', 'missing', 1],
  ['a card of a megabyte', card + 'x'.repeat(1_000_000), 'too-long', 1],
])('%s is told', (_, text, fault, line) => {
  expect(readCard(text)).toMatchObject({ fault, line })
})

describe('a field', () => {
  test('is set in its place, added at the end, and taken out', () => {
    expect(withField(card, 'base_model', 'a/b')).toContain('library_name: peft\nbase_model: "a/b"\n# a comment')
    expect(withField(card, 'tags', 'one')).toContain('# a comment\ntags: "one"\nlanguage')
    expect(withField(card, 'license', 'mit')).toContain('\'ko\']\nlicense: "mit"\n---\n')
    expect(withField(card, 'tags', '')).toContain('# a comment\nlanguage')
    expect(withField(card, 'language', ['de', 'no'])).toContain('language: ["de", "no"]')
    expect(readCard(withField(card, 'license', 'a "quoted": #one'))).not.toHaveProperty('fault')
  })

  test('of a card without a head changes nothing', () => {
    expect(withField('# A title', 'license', 'mit')).toBe('# A title')
  })
})

test('the title is the first heading behind the head', () => {
  const commented = card.replace('# a comment', '# no title')
  expect(titleOf(commented)).toBe('A title')
  expect(withTitle(commented, 'Costs $& more\nor less')).toContain('# no title')
  expect(titleOf(withTitle(commented, 'Costs $& more\nor less'))).toBe('Costs $& more or less')
  expect(titleOf('no heading')).toBeNull()
})
