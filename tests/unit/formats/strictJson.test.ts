import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseStrictJson, type StrictJson, StrictJsonError } from '../../../src/formats/strictJson'

function plain(value: StrictJson): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, inner]) => [key, plain(inner)]))
  return Array.isArray(value) ? value.map(plain) : value
}

function kindOf(text: string): StrictJsonError['kind'] | 'none' {
  try {
    parseStrictJson(text, { maxDepth: 30 })
    return 'none'
  } catch (thrown) {
    if (thrown instanceof StrictJsonError) return thrown.kind
    throw thrown
  }
}

describe('parseStrictJson', () => {
  test('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), (text) => {
        expect(plain(parseStrictJson(text, { maxDepth: 8 }))).toEqual(JSON.parse(text))
      }),
      { numRuns: 1000, seed: 3 },
    )
  })

  test('refuses what JSON.parse refuses, with its own error only', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...Array.from('{}[]",:0123-.eE\\utrfalsn \n')) }), (text) => {
        let isJson = true
        try {
          JSON.parse(text)
        } catch {
          isJson = false
        }
        const found = kindOf(text)
        // The other kinds are what JSON.parse lets pass.
        expect(isJson ? found !== 'syntax' || text.includes('\\u') : found !== 'none').toBe(true)
      }),
      { numRuns: 5000, seed: 5 },
    )
  })

  test.each([
    ['{"a":1,"a":2}', 'duplicate-key'],
    ['{"a":{"b":1,"b":2}}', 'duplicate-key'],
    ['[[[[]]]]', 'too-deep'],
    ['1.0', 'number'],
    ['1e2', 'number'],
    ['9007199254740993', 'number'],
    ['01', 'syntax'],
    ['', 'syntax'],
    ['"\\ud800"', 'syntax'],
  ])('%s', (text, kind) => {
    expect(() => parseStrictJson(text, { maxDepth: 3, integersOnly: true })).toThrow(expect.objectContaining({ kind }))
  })
})
