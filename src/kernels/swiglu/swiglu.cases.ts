import { defined } from '../../base/assert'
import { sumTolerance, type BenchCase, type GradientCase, type KernelCase } from '../cases'
import { elementWidthOf } from '../elementWidth'
import { swiglu, swigluBackward, swigluForward } from './swiglu'

// Gates up to +-200 among normal ones: exp must neither overflow nor cost accuracy.
const fill = {
  gate: (random: { normal(): number }, index: number) => random.normal() * (index % 5 === 0 ? 60 : 1),
}

// Products of up to four normals; with a gate of 200 the largest is some 3000, and then the relative part
// counts. WGSL allows exp an error of 3 + 2|x| ULP: at most 80 ULP where sigmoid still matters.
const tolerance = { absolute: sumTolerance(16).absolute, relative: 1e-5 }

export const swigluCases: KernelCase[] = [1, 64, 1001, 1004].flatMap((elements) => [
  {
    name: `${elements} elements`,
    kernel: swigluForward[elementWidthOf(elements)],
    shape: { elements },
    fill,
    tolerance,
  },
  ...[0, 1].map((accumulate) => ({
    name: `${elements} elements${accumulate ? ', accumulating' : ''}`,
    kernel: swigluBackward[elementWidthOf(elements)],
    shape: { elements, accumulate },
    fill,
    tolerance,
  })),
])

const sizes = { 'SmolLM2-135M, 512 tokens': 512 * 1536, 'embedded model, 256 tokens': 256 * 768 }

export const swigluBench: BenchCase[] = Object.entries(sizes).flatMap(([name, elements]) => [
  { name, kernel: swigluForward[4], shape: { elements } },
  { name, kernel: swigluBackward[4], shape: { elements, accumulate: 0 } },
])

export const swigluGradients: GradientCase[] = [
  {
    name: 'swiglu',
    inputs: { gate: { shape: [3, 5] }, up: { shape: [3, 5] } },
    build: (plan, { gate, up }) => swiglu(plan, defined(gate, 'gate'), defined(up, 'up')),
  },
  {
    name: 'swiglu of one tensor twice',
    inputs: { x: { shape: [7] } },
    build: (plan, { x }) => swiglu(plan, defined(x, 'x'), defined(x, 'x')),
  },
]
