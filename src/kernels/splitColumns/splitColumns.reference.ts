// Columns in three parts by their definition, and the gradient. See forward.wgsl and backward.wgsl.
import type { Floats } from '../../plan/kernelSpec'

export type SplitColumnsShape = { rows: number; count: number }

export function splitColumnsForwardReference(
  { x, first, second, third }: Readonly<Record<'x' | 'first' | 'second' | 'third', Floats>>,
  { rows, count }: SplitColumnsShape,
): void {
  for (const [index, part] of [first, second, third].entries()) {
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < count; c++) part[r * count + c] = x[(3 * r + index) * count + c]!
    }
  }
}

export function splitColumnsBackwardReference(
  { dFirst, dSecond, dThird, dx }: Readonly<Record<'dFirst' | 'dSecond' | 'dThird' | 'dx', Floats>>,
  { rows, count, accumulate }: SplitColumnsShape & { accumulate: number },
): void {
  for (const [index, part] of [dFirst, dSecond, dThird].entries()) {
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < count; c++) {
        const i = (3 * r + index) * count + c
        dx[i] = accumulate ? dx[i]! + part[r * count + c]! : part[r * count + c]!
      }
    }
  }
}
