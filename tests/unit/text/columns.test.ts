import { describe, expect, test } from 'vitest'
import { AppError } from '../../../src/base/errors'
import {
  ColumnList,
  columnsOfError,
  guessMapping,
  isComplete,
  roleOfColumn,
  withRole,
} from '../../../src/text/corpus/columns'
import type { ColumnMapping } from '../../../src/text/types'

const text = (column: string): ColumnMapping => ({ kind: 'text', text: column })
const pair = (prompt: string, completion: string, input: string | null = null): ColumnMapping => ({
  kind: 'prompt-completion',
  prompt,
  input,
  completion,
})

test.each<[string[], ColumnMapping | undefined]>([
  [['id', 'text'], text('text')],
  [['Text'], text('Text')],
  [['prompt', 'completion'], pair('prompt', 'completion')],
  [['instruction', 'input', 'output'], pair('instruction', 'output', 'input')],
  [['input', 'output'], pair('input', 'output')],
  [['Question', 'Answer', 'text'], pair('Question', 'Answer')],
  [['text', 'conversations'], { kind: 'messages', messages: 'conversations' }],
  [['a', 'b'], undefined],
])('%j', (columns, mapping) => {
  expect(guessMapping(columns)).toEqual(mapping)
})

describe('a person gives a column a role', () => {
  test.each<[string, ColumnMapping, string, Parameters<typeof withRole>[2], ColumnMapping]>([
    ['the text is another', text('a'), 'b', 'text', text('b')],
    ['a text becomes a prompt', text('a'), 'a', 'prompt', pair('a', '')],
    ['the answer is another', pair('a', 'b'), 'c', 'completion', pair('a', 'c')],
    ['prompt and answer change places', pair('a', 'b'), 'b', 'prompt', pair('b', 'a')],
    ['prompt and input change places', pair('a', 'b', 'c'), 'c', 'prompt', pair('c', 'b', 'a')],
    ['an input is added', pair('a', 'b'), 'c', 'input', pair('a', 'b', 'c')],
    ['an input is taken away', pair('a', 'b', 'c'), 'c', 'none', pair('a', 'b')],
    ['the answer is taken away', pair('a', 'b'), 'b', 'none', pair('a', '')],
    ['a prompt becomes the conversation', pair('a', 'b'), 'a', 'messages', { kind: 'messages', messages: 'a' }],
    ['what is not used stays so', text('a'), 'b', 'none', text('a')],
  ])('%s', (_what, before, column, role, after) => {
    const changed = withRole(before, column, role)
    expect(changed).toEqual(after)
    expect(roleOfColumn(changed, column)).toBe(role)
  })

  test('a place that nobody fills is not complete', () => {
    expect([pair('a', ''), pair('', 'a'), text('')].map(isComplete)).toEqual([false, false, false])
    expect([pair('a', 'b'), text('a')].map(isComplete)).toEqual([true, true])
  })
})

test('columns are listed with their first cell that holds something', () => {
  const list = new ColumnList()
  const rows = [
    { a: '', b: null, '': 'x' },
    { a: ' first ', b: [{ role: 'user' }], c: 3n },
  ]
  for (const row of rows) list.add(Object.keys(row), (column) => (row as Record<string, unknown>)[column])
  expect(list.list()).toEqual([
    { name: 'a', example: 'first' },
    { name: 'b', example: '[{"role":"user"}]' },
    { name: 'c', example: '3' },
  ])
})

test('an error that is not about columns has none', () => {
  expect(columnsOfError(new AppError('corpus/empty', { message: '' }))).toEqual([])
})
