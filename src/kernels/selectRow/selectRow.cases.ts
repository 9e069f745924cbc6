import type { BenchCase, KernelCase } from '../cases'
import { counterIndex } from '../runInputs'
import { selectRowForward } from './selectRow'

const exact = { absolute: 0, relative: 1e-12 }
const selecting = (row: number) => ({
  counters: (_: unknown, index: number) => (index === counterIndex.selectedRow ? row : 0),
})

export const selectRowCases: KernelCase[] = [
  { name: 'one row', kernel: selectRowForward, shape: { rows: 1, columns: 5 }, fill: selecting(0), tolerance: exact },
  {
    name: 'last row',
    kernel: selectRowForward,
    shape: { rows: 7, columns: 100 },
    fill: selecting(6),
    tolerance: exact,
  },
  {
    name: 'row out of range',
    kernel: selectRowForward,
    shape: { rows: 3, columns: 9 },
    fill: selecting(50),
    tolerance: exact,
  },
]

export const selectRowBench: BenchCase[] = [
  { name: 'embedded model', kernel: selectRowForward, shape: { rows: 64, columns: 256 }, fill: selecting(63) },
]
