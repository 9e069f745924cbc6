import { defined } from '../../base/assert'
import { sumTolerance, type BenchCase, type Fill, type GradientCase, type KernelCase, type Tolerance } from '../cases'
import { counterIndex } from '../runInputs'
import { attention, attentionBackwardKeyValue, attentionBackwardQuery, attentionForward } from './attention'
import { cachedAttentionBlock, cachedAttentionRow } from './cachedAttention'
import { packWidthOf } from './tiling'

const shapes = {
  'one token': { batch: 1, tokens: 1, heads: 1, keyValueHeads: 1, headWidth: 64 },
  'heads of 2': { batch: 2, tokens: 7, heads: 3, keyValueHeads: 3, headWidth: 2 },
  'heads of 6, groups of 3': { batch: 1, tokens: 33, heads: 3, keyValueHeads: 1, headWidth: 6 },
  'heads of 12, groups of 2': { batch: 2, tokens: 33, heads: 4, keyValueHeads: 2, headWidth: 12 },
  'heads of 64, groups of 3': { batch: 1, tokens: 65, heads: 3, keyValueHeads: 1, headWidth: 64 },
  'heads of 66': { batch: 1, tokens: 7, heads: 1, keyValueHeads: 1, headWidth: 66 },
  'heads of 256': { batch: 1, tokens: 5, heads: 1, keyValueHeads: 1, headWidth: 256 },
  'heads of 128': { batch: 1, tokens: 33, heads: 1, keyValueHeads: 1, headWidth: 128 },
}

// Scores are sums of headWidth products over sqrt(headWidth): of size 1, with the error of the sum divided
// likewise. exp turns that into a relative error of the probabilities. These sum to 1 and weigh values of
// size 1, so the output is off by what the scores are off, and a few roundings of its own.
const forwardTolerance = (headWidth: number): Tolerance => sumTolerance(4 + Math.sqrt(headWidth))

// In the backward cases rows are normalised by exp(3), not by their sum: probabilities are e^(normal - 3),
// of root mean square 0.14. A gradient sums `terms` products of such a probability and a factor of size 1
// (for q and k an inner product of size sqrt(headWidth) over sqrt(headWidth), times a normal number): a
// quarter of what a sum of plain normal products would err is still generous. Eight covers the longest
// single term.
const backwardTolerance = (terms: number): Tolerance => sumTolerance(8 + terms / 4)

const backwardFill = {
  statistics: (random: { normal(): number }, index: number) => (index % 2 === 0 ? 3 : random.normal()),
}

/** Sequences of one text, or of texts of these lengths in turn. */
const positionsFill = (tokens: number, lengths: readonly number[] = [tokens]): Fill => {
  const row = Array.from({ length: tokens }, () => 0)
  for (let t = 0, text = 0, left = lengths[0] ?? tokens; t < tokens; t++, left--) {
    if (left === 0) left = lengths[++text % lengths.length] ?? tokens
    row[t] = t === 0 || left === (lengths[text % lengths.length] ?? tokens) ? 0 : (row[t - 1] ?? 0) + 1
  }
  return (_, index) => row[index % tokens] ?? 0
}

const layouts: [string, (tokens: number) => Fill][] = [
  ['', (tokens) => positionsFill(tokens)],
  [', several texts', (tokens) => positionsFill(tokens, [1, 19, 3])],
]

export const attentionCases: KernelCase[] = Object.entries(shapes).flatMap(([shapeName, shape]) =>
  layouts.flatMap(([layout, positionsOf]) => {
    const name = `${shapeName}${layout}`
    const { tokens, heads, keyValueHeads, headWidth } = shape
    const positions = positionsOf(tokens)
    const packWidth = packWidthOf(headWidth)
    return [
      { name, kernel: attentionForward[packWidth], shape, fill: { positions }, tolerance: forwardTolerance(headWidth) },
      ...[0, 1].flatMap((accumulate) => [
        {
          name: accumulate ? `${name}, accumulating` : name,
          kernel: attentionBackwardQuery[packWidth],
          shape: { ...shape, accumulate },
          fill: { ...backwardFill, positions },
          tolerance: backwardTolerance(Math.max(tokens, 4 * headWidth)), // row_dot is a sum of headWidth products
        },
        {
          name: accumulate ? `${name}, accumulating` : name,
          kernel: attentionBackwardKeyValue[packWidth],
          shape: { ...shape, accumulate },
          fill: { ...backwardFill, positions },
          tolerance: backwardTolerance((tokens * heads) / keyValueHeads),
        },
      ]),
    ]
  }),
)

const cachePosition =
  (position: number): Fill =>
  (_, index) =>
    index === counterIndex.cachePosition ? position : 0

const cachedShapes = {
  'first token': { queries: 1, position: 0, capacity: 5, heads: 2, keyValueHeads: 1, headWidth: 64 },
  'one row of heads of 6, groups of 3': {
    queries: 1,
    position: 33,
    capacity: 50,
    heads: 3,
    keyValueHeads: 1,
    headWidth: 6,
  },
  'one row over several tiles': { queries: 1, position: 300, capacity: 333, heads: 4, keyValueHeads: 2, headWidth: 64 },
  'three rows': { queries: 3, position: 126, capacity: 140, heads: 2, keyValueHeads: 2, headWidth: 2 },
  'block at the start': { queries: 17, position: 0, capacity: 40, heads: 3, keyValueHeads: 1, headWidth: 64 },
  'block in the middle': { queries: 33, position: 65, capacity: 99, heads: 4, keyValueHeads: 2, headWidth: 64 },
  'block of heads of 6': { queries: 9, position: 7, capacity: 16, heads: 3, keyValueHeads: 3, headWidth: 6 },
}

export const cachedAttentionCases: KernelCase[] = Object.entries(cachedShapes).flatMap(
  ([name, { position, ...shape }]) =>
    [cachedAttentionRow, cachedAttentionBlock].map((kernels) => ({
      name,
      kernel: kernels[packWidthOf(shape.headWidth)],
      shape,
      fill: { counters: cachePosition(position) },
      tolerance: forwardTolerance(shape.headWidth),
    })),
)

const benchShapes = {
  'SmolLM2-135M, 512 tokens': { batch: 1, tokens: 512, heads: 9, keyValueHeads: 3, headWidth: 64 },
  'embedded model, 256 tokens': { batch: 1, tokens: 256, heads: 4, keyValueHeads: 2, headWidth: 64 },
}

export const attentionBench: BenchCase[] = [
  ...Object.entries(benchShapes).flatMap(([name, shape]) => [
    { name, kernel: attentionForward[4], shape, fill: { positions: positionsFill(shape.tokens) } },
    ...[attentionBackwardQuery[4], attentionBackwardKeyValue[4]].map((kernel) => ({
      name,
      kernel,
      shape: { ...shape, accumulate: 0 },
      fill: { ...backwardFill, positions: positionsFill(shape.tokens) },
    })),
  ]),
  {
    name: 'SmolLM2-135M, one token after 511',
    kernel: cachedAttentionRow[4],
    shape: { queries: 1, capacity: 512, heads: 9, keyValueHeads: 3, headWidth: 64 },
    fill: { counters: cachePosition(511) },
  },
  {
    name: 'embedded model, one token after 255',
    kernel: cachedAttentionRow[4],
    shape: { queries: 1, capacity: 256, heads: 4, keyValueHeads: 2, headWidth: 64 },
    fill: { counters: cachePosition(255) },
  },
]

const gradientShapes = {
  'attention, a key/value head for every head': { heads: 2, keyValueHeads: 2, headWidth: 4 },
  'attention, grouped heads': { heads: 6, keyValueHeads: 2, headWidth: 2 },
}

export const attentionGradients: GradientCase[] = [
  ...Object.entries(gradientShapes).map(
    ([name, { heads, keyValueHeads, headWidth }]) =>
      ({
        name,
        inputs: {
          q: { shape: [2, 5, heads * headWidth] },
          k: { shape: [2, 5, keyValueHeads * headWidth] },
          v: { shape: [2, 5, keyValueHeads * headWidth] },
          positions: { shape: [10], dtype: 'u32', fill: positionsFill(5, [2, 3]) },
        },
        build: (plan, { q, k, v, positions }) =>
          attention(plan, defined(q, 'q'), defined(k, 'k'), defined(v, 'v'), {
            positions: defined(positions, 'positions'),
            batch: 2,
            tokens: 5,
            heads,
            keyValueHeads,
            headWidth,
          }),
      }) satisfies GradientCase,
  ),
  {
    name: 'attention of one tensor to itself',
    inputs: { x: { shape: [1, 4, 6] }, positions: { shape: [4], dtype: 'u32', fill: positionsFill(4) } },
    build: (plan, inputs) => {
      const x = defined(inputs['x'], 'x')
      const positions = defined(inputs['positions'], 'positions')
      return attention(plan, x, x, x, { positions, batch: 1, tokens: 4, heads: 1, keyValueHeads: 1, headWidth: 6 })
    },
  },
]
