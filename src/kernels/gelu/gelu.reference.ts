// GELU in its tanh form by its definition, and its gradient. See forward.wgsl and backward.wgsl.
import type { Floats } from '../../plan/kernelSpec'

const SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI)
const CUBIC = 0.044715

export function geluForwardReference(
  { x, y }: { readonly x: Floats; readonly y: Floats },
  { elements }: { elements: number },
): void {
  for (let i = 0; i < elements; i++) y[i] = 0.5 * x[i]! * (1 + innerTanh(x[i]!))
}

export function geluBackwardReference(
  { x, dy, dx }: { readonly x: Floats; readonly dy: Floats; readonly dx: Floats },
  { elements, accumulate }: { elements: number; accumulate: number },
): void {
  for (let i = 0; i < elements; i++) {
    const t = innerTanh(x[i]!)
    const slope = SQRT_2_OVER_PI * (1 + 3 * CUBIC * x[i]! ** 2)
    const value = 0.5 * dy[i]! * (1 + t + x[i]! * (1 - t * t) * slope)
    dx[i] = accumulate ? dx[i]! + value : value
  }
}

function innerTanh(x: number): number {
  return Math.tanh(SQRT_2_OVER_PI * (x + CUBIC * x ** 3))
}
