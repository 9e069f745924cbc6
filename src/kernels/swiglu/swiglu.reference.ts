// SwiGLU by its definition, and its gradient. See forward.wgsl and backward.wgsl for the formulas.
import type { Floats } from '../../plan/kernelSpec'

export interface SwigluForwardArrays {
  readonly gate: Floats
  readonly up: Floats
  readonly y: Floats
}

export function swigluForwardReference({ gate, up, y }: SwigluForwardArrays, { elements }: { elements: number }): void {
  for (let i = 0; i < elements; i++) y[i] = gate[i]! * sigmoid(gate[i]!) * up[i]!
}

export interface SwigluBackwardArrays {
  readonly gate: Floats
  readonly up: Floats
  readonly dy: Floats
  readonly dGate: Floats
  readonly dUp: Floats
}

export function swigluBackwardReference(
  { gate, up, dy, dGate, dUp }: SwigluBackwardArrays,
  { elements, accumulate }: { elements: number; accumulate: number },
): void {
  for (let i = 0; i < elements; i++) {
    const s = sigmoid(gate[i]!)
    const toGate = dy[i]! * up[i]! * s * (1 + gate[i]! * (1 - s))
    const toUp = dy[i]! * gate[i]! * s
    dGate[i] = accumulate ? dGate[i]! + toGate : toGate
    dUp[i] = accumulate ? dUp[i]! + toUp : toUp
  }
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x))
}
