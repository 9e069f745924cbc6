import { expect, test } from 'vitest'
import { readAddress } from '../../../src/app/address'

test.each([
  ['', 'start', '', null],
  ['#/share', 'share', '', null],
  ['#/model?rank=4&steps=8', 'model', 'rank=4&steps=8', null],
  ['#/share?adapter=1.2.ab.QQ', 'share', '', '1.2.ab.QQ'],
  ['#/share?rank=4&adapter=1.2.ab.QQ&steps=8', 'share', 'rank=4&steps=8', '1.2.ab.QQ'],
  ['#/nowhere?adapter=', 'start', '', ''],
])('%s', (hash, place, query, adapter) => {
  expect(readAddress(hash)).toEqual({ place, query, adapter })
})
