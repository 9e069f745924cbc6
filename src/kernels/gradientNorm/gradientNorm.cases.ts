import { sumTolerance, type BenchCase, type Fill, type KernelCase } from '../cases'
import { gradientNormClip, gradientNormSquares, squaresShape } from './gradientNorm'

const counts = {
  'four elements': 4,
  'not a multiple of the workgroup': 1000,
  'more than one turn for each lane': 200_004,
}
const finite: Fill = (random, index) => (index % 2 === 0 ? random.normal() ** 2 : 0)
const ringRow: Fill = () => 5

export const gradientNormCases: KernelCase[] = [
  ...Object.entries(counts).map(([name, count]) => ({
    name,
    kernel: gradientNormSquares,
    shape: squaresShape(count),
    tolerance: sumTolerance(Math.max(4, Math.ceil(count / 8192))),
  })),
  {
    name: 'an infinity and a NaN',
    kernel: gradientNormSquares,
    shape: squaresShape(3000),
    fill: {
      gradients: (random, index) =>
        index === 17 ? Number.POSITIVE_INFINITY : index === 2999 ? Number.NaN : random.normal(),
    },
    tolerance: sumTolerance(4),
  },
  ...[
    { name: 'no clipping', parts: 1, maxNorm: 0, partials: finite },
    { name: 'clipping', parts: 256, maxNorm: 1, partials: finite },
    { name: 'a norm below the limit', parts: 3, maxNorm: 1000, partials: finite },
    // The norm itself says nothing then: it is that of the finite part.
    {
      name: 'not finite',
      parts: 7,
      maxNorm: 1,
      partials: ((random, index) => (index === 9 ? 1 : finite(random, index))) satisfies Fill,
    },
  ].map(({ name, partials, ...shape }: { name: string; parts: number; maxNorm: number; partials: Fill }) => ({
    name,
    kernel: gradientNormClip,
    shape,
    fill: { partials, counters: ringRow },
    tolerance: sumTolerance(shape.parts),
  })),
]

export const gradientNormBench: BenchCase[] = [
  { name: 'SmolLM2-135M, rank 16', kernel: gradientNormSquares, shape: squaresShape(4_884_480) },
]
