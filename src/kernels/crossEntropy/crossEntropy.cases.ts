import type { Random } from '../../base/random'
import { sumTolerance, type BenchCase, type KernelCase } from '../cases'
import { counterIndex, scalarIndex } from '../runInputs'
import { crossEntropyForward, crossEntropyGradient, IGNORED_LABEL, sumLoss } from './crossEntropy'

const shapes = {
  'one row': { rows: 1, columns: 300 },
  'one column': { rows: 3, columns: 1 },
  'columns not a multiple of the workgroup': { rows: 7, columns: 1001 },
  'fewer columns than lanes': { rows: 33, columns: 35 },
}

const LOSS_SCALE = 1 / 8

const fillFor = ({ columns }: { columns: number }) => ({
  // Logits of size 10, as trained models have them.
  logits: (random: Random) => 10 * random.normal(),
  // Every third row is ignored, but not the first.
  labels: (random: Random, index: number) => (index % 3 === 1 ? IGNORED_LABEL : random.integer(columns)),
  scalars: (_: Random, index: number) => (index === scalarIndex.lossScale ? LOSS_SCALE : 0),
})

// Logits and their log-sum-exp reach 50: each rounding to float32 errs by up to 25 epsilon (absolutely in a
// loss, relatively in a probability, which is 1 / 8 at most), and there are a few of them.
const tolerance = sumTolerance(25)

export const crossEntropyCases: KernelCase[] = [
  ...Object.entries(shapes).flatMap(([name, shape]) =>
    [crossEntropyForward, crossEntropyGradient].map((kernel) => {
      const { scalars, ...fill } = fillFor(shape)
      return { name, kernel, shape, fill: kernel === crossEntropyGradient ? { ...fill, scalars } : fill, tolerance }
    }),
  ),
  ...[1, 65, 1000].map((rows) => ({
    name: `${rows} rows`,
    kernel: sumLoss,
    shape: { rows },
    fill: {
      scalars: (_: Random, index: number) => (index === scalarIndex.lossScale ? LOSS_SCALE : 0),
      counters: (_: Random, index: number) => (index === counterIndex.ringRow ? 5 : 0),
    },
    tolerance: sumTolerance(rows),
  })),
]

const benchShapes = {
  'SmolLM2-135M, 64 rows': { rows: 64, columns: 49_152 },
  'embedded model, 256 rows': { rows: 256, columns: 4096 },
}

export const crossEntropyBench: BenchCase[] = Object.entries(benchShapes).flatMap(([name, shape]) =>
  [crossEntropyForward, crossEntropyGradient].map((kernel) => {
    const { scalars, ...fill } = fillFor(shape)
    return { name, kernel, shape, fill: kernel === crossEntropyGradient ? { ...fill, scalars } : fill }
  }),
)
