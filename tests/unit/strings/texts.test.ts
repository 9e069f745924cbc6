import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { errorCodes } from '../../../src/base/errors'
import { allTexts } from '../../../src/strings'
import { errorTexts } from '../../../src/strings/errors'

const sourceFolder = new URL('../../../src/', import.meta.url)

test('every dictionary is in the list', () => {
  const files = readdirSync(sourceFolder, { recursive: true, encoding: 'utf8' }).filter((file) => {
    if (!/\.tsx?$/.test(file) || file.endsWith('strings/texts.ts')) return false
    return readFileSync(new URL(file, sourceFolder), 'utf8').includes('defineTexts({')
  })
  // The errors are a dictionary of their own kind.
  expect(Object.keys(allTexts)).toHaveLength(files.length + 1)
})

test.each(Object.entries(allTexts))('%s says the same things in both languages', (_, texts) => {
  const english = texts.en as Record<string, unknown>
  const korean = texts.ko as Record<string, unknown>
  expect(Object.keys(korean).toSorted()).toEqual(Object.keys(english).toSorted())
  for (const [key, value] of Object.entries(english)) {
    expect(typeof korean[key], key).toBe(typeof value)
    if (typeof value === 'string') expect(String(korean[key]).trim(), key).not.toBe('')
  }
})

test('every error says what happened and what to do, in full sentences', () => {
  for (const texts of Object.values(errorTexts)) {
    for (const code of errorCodes) {
      const { title, action } = texts[code]
      expect(title, code).not.toMatch(/[.!]$/)
      expect(action, code).toMatch(/\.$/)
    }
  }
})

test('no text raises its voice', () => {
  const all = JSON.stringify(allTexts, (_, value: unknown) => (typeof value === 'function' ? String(value) : value))
  expect(all).not.toMatch(/[A-Za-z가-힣]!/)
})
