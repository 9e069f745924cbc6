// A range of columns by its definition, and its gradient. See forward.wgsl and backward.wgsl.
import type { Floats } from '../../plan/kernelSpec'

export type SliceColumnsShape = { rows: number; columns: number; start: number; count: number }

export function sliceColumnsForwardReference(
  { x, y }: { readonly x: Floats; readonly y: Floats },
  { rows, columns, start, count }: SliceColumnsShape,
): void {
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < count; c++) y[r * count + c] = x[r * columns + start + c]!
  }
}

export function sliceColumnsBackwardReference(
  { dy, dx }: { readonly dy: Floats; readonly dx: Floats },
  { rows, columns, start, count, accumulate }: SliceColumnsShape & { accumulate: number },
): void {
  if (!accumulate) dx.fill(0)
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < count; c++) {
      const i = r * columns + start + c
      dx[i] = dx[i]! + dy[r * count + c]!
    }
  }
}
