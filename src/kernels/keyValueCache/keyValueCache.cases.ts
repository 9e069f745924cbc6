import type { BenchCase, KernelCase } from '../cases'
import { counterIndex } from '../runInputs'
import { keyValueCacheAppend } from './keyValueCache'

const shapes = {
  'one row at the start': { shape: { rows: 1, columns: 64, capacity: 5 }, position: 0 },
  'odd sizes in the middle': { shape: { rows: 7, columns: 35, capacity: 20 }, position: 3 },
  'more rows than fit': { shape: { rows: 7, columns: 6, capacity: 9 }, position: 5 },
}

// A copy: exact.
export const keyValueCacheCases: KernelCase[] = Object.entries(shapes).map(([name, { shape, position }]) => ({
  name,
  kernel: keyValueCacheAppend,
  shape,
  fill: { counters: (_, index) => (index === counterIndex.cachePosition ? position : 0) },
  tolerance: { absolute: 0, relative: 0 },
}))

export const keyValueCacheBench: BenchCase[] = [
  {
    name: 'SmolLM2-135M, block of 64 tokens',
    kernel: keyValueCacheAppend,
    shape: { rows: 64, columns: 192, capacity: 1024 },
  },
]
