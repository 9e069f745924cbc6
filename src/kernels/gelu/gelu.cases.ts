import { defined } from '../../base/assert'
import type { BenchCase, GradientCase, KernelCase } from '../cases'
import { gelu, geluBackward, geluForward } from './gelu'

// Some inputs far out, where tanh saturates and x^3 is large.
const fill = {
  x: (random: { normal(): number }, index: number) => random.normal() * (index % 5 === 0 ? 60 : 1),
}

// WGSL derives tanh's error from sinh / cosh, whose absolute error near zero is that of exp, some 4 ULP of 1;
// it is multiplied by x (up to 4 before tanh is 1) and, backward, by the slope (up to 3).
const tolerance = { absolute: 4 * 3 * 8 * 2 ** -23, relative: 1e-5 }

export const geluCases: KernelCase[] = [1, 63, 1001].flatMap((elements) => [
  { name: `${elements} elements`, kernel: geluForward, shape: { elements }, fill, tolerance },
  ...[0, 1].map((accumulate) => ({
    name: `${elements} elements${accumulate ? ', accumulating' : ''}`,
    kernel: geluBackward,
    shape: { elements, accumulate },
    fill,
    tolerance,
  })),
])

export const geluBench: BenchCase[] = [
  { name: 'GPT-2, 512 tokens', kernel: geluForward, shape: { elements: 512 * 3072 } },
  { name: 'GPT-2, 512 tokens', kernel: geluBackward, shape: { elements: 512 * 3072, accumulate: 0 } },
]

export const geluGradients: GradientCase[] = [
  { name: 'gelu', inputs: { x: { shape: [3, 5] } }, build: (plan, { x }) => gelu(plan, defined(x, 'x')) },
]
