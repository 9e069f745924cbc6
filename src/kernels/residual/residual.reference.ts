// Sums of two tensors.
import type { Floats } from '../../plan/kernelSpec'

export function residualReference(
  { x, branch, y }: { readonly x: Floats; readonly branch: Floats; readonly y: Floats },
  { elements }: { elements: number },
): void {
  for (let i = 0; i < elements; i++) y[i] = x[i]! + branch[i]!
}

export function addToReference(
  { part, total }: { readonly part: Floats; readonly total: Floats },
  { elements }: { elements: number },
): void {
  for (let i = 0; i < elements; i++) total[i] = total[i]! + part[i]!
}
