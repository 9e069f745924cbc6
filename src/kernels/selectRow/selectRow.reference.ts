// Copies the row that the counter names. See forward.wgsl.
import type { Floats } from '../../plan/kernelSpec'
import { counterIndex } from '../runInputs'

export function selectRowReference(
  { x, counters, y }: { x: Floats; counters: Uint32Array; y: Floats },
  { rows, columns }: { rows: number; columns: number },
): void {
  const row = Math.min(counters[counterIndex.selectedRow]!, rows - 1)
  for (let c = 0; c < columns; c++) y[c] = x[row * columns + c]!
}
