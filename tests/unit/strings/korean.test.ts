import { expect, test } from 'vitest'
import { withReul, withRo, withYeyo } from '../../../src/strings/korean'

test('particles follow the reading of the last digit', () => {
  expect(['0', '1', '2', '3', '6', '8'].map(withRo)).toEqual(['0으로', '1로', '2로', '3으로', '6으로', '8로'])
  expect(['2', '7'].map(withReul)).toEqual(['2를', '7을'])
  expect(['4.412', '2.6'].map(withYeyo)).toEqual(['4.412예요', '2.6이에요'])
})
