import { sumTolerance, type BenchCase, type KernelCase } from '../cases'
import { elementWidthOf } from '../elementWidth'
import { counterIndex } from '../runInputs'
import { keyValueCacheAppend, keyValueCacheRotateAppend } from './keyValueCache'

const copied = {
  'one row at the start': { shape: { rows: 1, columns: 64, capacity: 5 }, position: 0 },
  'odd sizes in the middle': { shape: { rows: 7, columns: 35, capacity: 20 }, position: 3 },
  'more rows than fit': { shape: { rows: 7, columns: 6, capacity: 9 }, position: 5 },
}

const rotated = {
  'one row at the start': {
    shape: { rows: 1, heads: 3, keyValueHeads: 1, headWidth: 64, maxPositions: 8, capacity: 5 },
    position: 0,
  },
  'odd sizes in the middle': {
    shape: { rows: 7, heads: 3, keyValueHeads: 3, headWidth: 6, maxPositions: 40, capacity: 20 },
    position: 3,
  },
  'more rows than fit, and than the table has': {
    shape: { rows: 7, heads: 4, keyValueHeads: 2, headWidth: 8, maxPositions: 9, capacity: 9 },
    position: 5,
  },
}

export const keyValueCacheCases: KernelCase[] = [
  ...Object.entries(copied).map(
    ([name, { shape, position }]): KernelCase => ({
      name,
      kernel: keyValueCacheAppend,
      shape,
      fill: { counters: (_, index) => (index === counterIndex.cachePosition ? position : 0) },
      tolerance: { absolute: 0, relative: 0 }, // a copy
    }),
  ),
  ...Object.entries(rotated).map(
    ([name, { shape, position }]): KernelCase => ({
      name,
      kernel: keyValueCacheRotateAppend[elementWidthOf(shape.headWidth / 2)],
      shape,
      fill: { positions: (_, index) => position + index },
      tolerance: sumTolerance(2),
    }),
  ),
]

const smolLm2 = { heads: 9, keyValueHeads: 3, headWidth: 64, maxPositions: 1024, capacity: 1024 }

export const keyValueCacheBench: BenchCase[] = [
  {
    name: 'GPT-2, block of 64 tokens',
    kernel: keyValueCacheAppend,
    shape: { rows: 64, columns: 768, capacity: 1024 },
  },
  {
    name: 'SmolLM2-135M, block of 64 tokens',
    kernel: keyValueCacheRotateAppend[4],
    shape: { rows: 64, ...smolLm2 },
    fill: { positions: (_, index) => index },
  },
]
