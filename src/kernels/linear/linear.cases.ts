import { floatToHalf } from '../../base/float16'
import type { Random } from '../../base/random'
import { sumTolerance, type BenchCase, type Fill, type GradientCase, type KernelCase } from '../cases'
import { parity } from '../lora/lora'
import { makeRunInputs } from '../runInputs'
import { splitColumns } from '../splitColumns/splitColumns'
import { swiglu } from '../swiglu/swiglu'
import { linear, linears } from './layer'
import {
  linearBackward,
  linearForward,
  linearForwardInt8,
  linearMatvec,
  MATVEC_MAX_ROWS,
  type OutputPart,
  type WeightFormat,
} from './linear'
import { linearSizes, type Planes } from './linearSizes'
import { linearWeightGradient } from './weightGradient'

/** Values over the whole range, and half-float bits of scales from 1/128 to 1/64: weights of size one. */
const int8Fill: Record<string, Fill> = {
  values: (random) => random.integer(255) - 127,
  scales: (random: Random) => 0x2000 + random.integer(0x400),
}

const float16Fill: Record<string, Fill> = { weight: (random) => floatToHalf(random.normal()) }

const fills: Readonly<Record<WeightFormat, Record<string, Fill>>> = {
  float32: {},
  float32Odd: {},
  float16: float16Fill,
  int8: int8Fill,
}

interface Sizes {
  readonly name: string
  readonly rows: number
  readonly columns: number
  readonly outputs: number
  /** 0: no adapter. */
  readonly rank: number
  readonly hasBias?: boolean
  readonly hasResidual?: boolean
  readonly format?: WeightFormat
  readonly part?: OutputPart
  readonly planes?: Planes
}

const shapes: readonly Sizes[] = [
  { name: 'one of everything', rows: 1, columns: 1, outputs: 1, rank: 1 },
  { name: 'one row', rows: 1, columns: 64, outputs: 40, rank: 0 },
  { name: 'one row, rank 16, bias', rows: 1, columns: 576, outputs: 37, rank: 16, hasBias: true },
  { name: 'odd columns, rank 5', rows: 3, columns: 37, outputs: 6, rank: 5 },
  { name: 'eight rows, rank 1', rows: 8, columns: 300, outputs: 9, rank: 1 },
  { name: 'nothing divisible by the tile', rows: 13, columns: 52, outputs: 35, rank: 0 },
  { name: 'nothing divisible by 4, rank 5', rows: 9, columns: 35, outputs: 71, rank: 5 },
  { name: 'more than one workgroup, rank 16, bias', rows: 67, columns: 36, outputs: 44, rank: 16, hasBias: true },
  { name: 'a residual', rows: 13, columns: 52, outputs: 35, rank: 0, hasResidual: true },
  {
    name: 'a residual, one row, rank 8, bias',
    rows: 1,
    columns: 128,
    outputs: 40,
    rank: 8,
    hasBias: true,
    hasResidual: true,
  },
  { name: 'float16, a residual', rows: 3, columns: 44, outputs: 36, rank: 0, format: 'float16', hasResidual: true },
  { name: 'int8, a residual, rank 8', rows: 9, columns: 64, outputs: 36, rank: 8, format: 'int8', hasResidual: true },
  { name: 'whole tiles, rank 8', rows: 64, columns: 64, outputs: 32, rank: 8 },
  { name: 'rank 260', rows: 10, columns: 12, outputs: 7, rank: 260 },
  { name: 'float16, one of four columns', rows: 1, columns: 4, outputs: 1, rank: 0, format: 'float16' },
  { name: 'float16, decoding with an adapter', rows: 1, columns: 96, outputs: 70, rank: 8, format: 'float16' },
  { name: 'float16, three rows, rank 5', rows: 3, columns: 100, outputs: 37, rank: 5, format: 'float16' },
  { name: 'float16, eight rows, bias', rows: 8, columns: 576, outputs: 7, rank: 0, hasBias: true, format: 'float16' },
  { name: 'float16, nothing divisible by the tile', rows: 13, columns: 52, outputs: 35, rank: 0, format: 'float16' },
  { name: 'float16, more than one workgroup, rank 8', rows: 70, columns: 64, outputs: 80, rank: 8, format: 'float16' },
  {
    name: 'float16, a last part',
    rows: 11,
    columns: 36,
    outputs: 36,
    rank: 0,
    format: 'float16',
    part: { firstOutput: 64, allOutputs: 100 },
  },
  { name: 'int8, one row', rows: 1, columns: 32, outputs: 5, rank: 0, format: 'int8' },
  { name: 'int8, one row, rank 5', rows: 1, columns: 96, outputs: 11, rank: 5, format: 'int8' },
  {
    name: 'int8, eight rows, rank 16, bias, a residual',
    rows: 8,
    columns: 160,
    outputs: 6,
    rank: 16,
    hasBias: true,
    hasResidual: true,
    format: 'int8',
  },
  { name: 'decoding with an adapter', rows: 1, columns: 96, outputs: 70, rank: 8 },
  { name: 'int8, decoding with an adapter', rows: 3, columns: 96, outputs: 70, rank: 8, format: 'int8' },
  { name: 'int8, odd rows and outputs', rows: 11, columns: 96, outputs: 35, rank: 0, format: 'int8' },
  { name: 'int8, more than one workgroup, rank 16', rows: 70, columns: 96, outputs: 80, rank: 16, format: 'int8' },
  { name: 'three planes, one row', rows: 1, columns: 64, outputs: 56, rank: 0, planes: [24, 8, 24] },
  {
    name: 'three planes, rank 8, bias',
    rows: 5,
    columns: 132,
    outputs: 72,
    rank: 8,
    hasBias: true,
    planes: [40, 24, 8],
  },
  { name: 'two planes, rank 4, bias', rows: 70, columns: 48, outputs: 144, rank: 4, hasBias: true, planes: [72, 72] },
  {
    name: 'int8, three planes, rank 8',
    rows: 37,
    columns: 64,
    outputs: 128,
    rank: 8,
    format: 'int8',
    planes: [72, 24, 32],
  },
  {
    name: 'float16, three planes, rank 8, bias',
    rows: 11,
    columns: 36,
    outputs: 72,
    rank: 8,
    hasBias: true,
    format: 'float16',
    planes: [40, 24, 8],
  },
  { name: 'a first part', rows: 11, columns: 36, outputs: 64, rank: 0, part: { firstOutput: 0, allOutputs: 100 } },
  { name: 'a last part', rows: 70, columns: 48, outputs: 48, rank: 0, part: { firstOutput: 64, allOutputs: 112 } },
  { name: 'an odd last part', rows: 3, columns: 132, outputs: 7, rank: 0, part: { firstOutput: 64, allOutputs: 71 } },
]

export const linearCases: KernelCase[] = shapes.flatMap(
  ({ name, rows, columns, outputs, rank, hasBias = false, hasResidual = false, format, part, planes }) => {
    const weight = format ?? (columns % 4 === 0 ? 'float32' : 'float32Odd')
    const fill = fills[weight]
    const variant = { weight, adapter: rank > 0 ? parity(rank) : 'none', hasBias, hasResidual } as const
    const sizes = linearSizes({ rows, columns, outputs, ...part, ...(planes && { planes }) })
    const shape = { ...sizes, rank, accumulate: part ? 1 : 0 }
    // Few rows are also checked with the tiled kernel, which must not depend on there being many.
    const forwards = [linearForward(variant), ...(rows <= MATVEC_MAX_ROWS ? [linearMatvec(variant)] : [])]
    const backward = linearBackward({
      dy: parity(outputs, sizes.allOutputs, sizes.firstOutput),
      weight,
      adapter: rank > 0 ? parity(rank, columns) : 'none',
    })
    const int8: KernelCase = {
      name,
      kernel: linearForwardInt8(variant),
      shape,
      fill: { ...int8Fill, x: int8Fill['values']!, xScales: (random) => (1 + random.uniform()) / 128 },
      tolerance: sumTolerance(columns + rank + 1),
    }
    return [
      ...(format === 'int8' ? [int8] : []),
      ...forwards.map((kernel) => ({ name, kernel, shape, fill, tolerance: sumTolerance(columns + rank + 1) })),
      ...[0, 1].map((accumulate) => ({
        name: accumulate ? `${name}, accumulating` : name,
        kernel: backward,
        shape: { ...shape, accumulate },
        fill,
        tolerance: sumTolerance(outputs + rank + 1),
      })),
    ]
  },
)

const trainedShapes = [
  { name: 'one row', rows: 1, columns: 4, outputs: 4 },
  { name: 'nothing divisible by the tile', rows: 13, columns: 52, outputs: 36 },
  { name: 'more than one workgroup', rows: 66, columns: 132, outputs: 68 },
]

linearCases.push(
  ...trainedShapes.flatMap(({ name, ...sizes }) =>
    [0, 1].map((accumulate) => ({
      name: accumulate ? `${name}, accumulating` : name,
      kernel: linearWeightGradient,
      shape: { ...sizes, accumulate },
      tolerance: sumTolerance(sizes.rows),
    })),
  ),
)

const benchShapes = [
  { name: 'SmolLM2-135M, 512 tokens, 576 to 1536', rows: 512, columns: 576, outputs: 1536, rank: 16 },
  { name: 'SmolLM2-135M, 512 tokens, 1536 to 576', rows: 512, columns: 1536, outputs: 576, rank: 16 },
  { name: 'SmolLM2-135M, 512 tokens, 576 to 192', rows: 512, columns: 576, outputs: 192, rank: 16 },
  { name: 'embedded model, 256 tokens, 256 to 640', rows: 256, columns: 256, outputs: 640, rank: 8 },
  { name: 'SmolLM2-135M, decoding, 576 to 1536', rows: 1, columns: 576, outputs: 1536, rank: 16 },
  { name: 'SmolLM2-135M, decoding, head', rows: 1, columns: 576, outputs: 49_152, rank: 0 },
]

export const linearBench: BenchCase[] = benchShapes.flatMap(({ name, rank, ...sizes }) =>
  (['float32', 'float16', 'int8'] as const).flatMap((weight) => {
    const adapter = rank > 0 ? 'even' : 'none'
    const isDecoding = sizes.rows <= MATVEC_MAX_ROWS
    const fill = fills[weight]
    const shape = { ...linearSizes(sizes), rank, accumulate: 0 }
    const forward: BenchCase = {
      name,
      kernel: (isDecoding ? linearMatvec : linearForward)({ weight, adapter, hasBias: false }),
      shape,
      fill,
    }
    const backward: BenchCase = {
      name,
      kernel: linearBackward({ dy: 'even', weight, adapter }),
      shape,
      fill,
    }
    const int8: BenchCase = { name, kernel: linearForwardInt8({ adapter, hasBias: false }), shape, fill }
    return isDecoding ? [forward] : [forward, ...(weight === 'int8' ? [int8] : []), backward]
  }),
)

linearBench.push({
  name: 'embedded model, 256 tokens, 256 to 640',
  kernel: linearWeightGradient,
  shape: { rows: 256, columns: 256, outputs: 640, accumulate: 1 },
})

const counters: Fill = (_, index) => 99 + index
const frozen = { isFrozen: true }

export const linearGradients: GradientCase[] = [
  {
    name: 'linear',
    inputs: { x: { shape: [2, 2, 5] }, weight: { shape: [3, 5], ...frozen } },
    build: (plan, { x, weight }) => linear(plan, x!, { kind: 'float32', weight: weight! }, { name: 'linear' }),
  },
  {
    name: 'linear with an adapter',
    inputs: { x: { shape: [4, 8] }, weight: { shape: [6, 8], ...frozen }, a: { shape: [3, 8] }, b: { shape: [6, 3] } },
    build: (plan, { x, weight, a, b }) =>
      linear(plan, x!, { kind: 'float32', weight: weight! }, { name: 'linear', adapter: { a: a!, b: b!, scale: 0.7 } }),
  },
  {
    name: 'linear with an adapter, of an input without a gradient',
    inputs: {
      x: { shape: [9, 4], ...frozen },
      weight: { shape: [3, 4], ...frozen },
      a: { shape: [2, 4] },
      b: { shape: [3, 2] },
    },
    build: (plan, { x, weight, a, b }) =>
      linear(plan, x!, { kind: 'float32', weight: weight! }, { name: 'linear', adapter: { a: a!, b: b!, scale: 2 } }),
  },
  {
    name: 'linear with a bias',
    inputs: { x: { shape: [3, 4] }, weight: { shape: [5, 4], ...frozen }, bias: { shape: [5], ...frozen } },
    build: (plan, { x, weight, bias }) =>
      linear(plan, x!, { kind: 'float32', weight: weight! }, { name: 'linear', bias: bias! }),
  },
  {
    name: 'two linears of one input',
    inputs: {
      x: { shape: [3, 4] },
      gate: { shape: [5, 4], ...frozen },
      up: { shape: [5, 4], ...frozen },
      a: { shape: [1, 4] },
      b: { shape: [5, 1] },
    },
    build: (plan, { x, gate, up, a, b }) => {
      const adapter = { a: a!, b: b!, scale: 0.5 }
      return swiglu(
        plan,
        linear(plan, x!, { kind: 'float32', weight: gate! }, { name: 'gate', adapter }),
        linear(plan, x!, { kind: 'float32', weight: up! }, { name: 'up', adapter }),
      )
    },
  },
  {
    name: 'three linears of one input in one, with adapters and biases',
    inputs: {
      x: { shape: [2, 4, 8] },
      weight: { shape: [40, 8], ...frozen },
      bias: { shape: [40], ...frozen },
      a: { shape: [12, 8] },
      b: { shape: [40, 4] },
    },
    build: (plan, { x, weight, bias, a, b }) => {
      const adapter = { a: a!, b: b!, scale: 0.5 }
      const options = { name: 'linears', adapter, bias: bias!, planes: [8, 24, 8] }
      const [first, second, third] = linears(plan, x!, { kind: 'float32', weight: weight! }, options)
      const [low, middle, high] = splitColumns(plan, second!, ['low', 'middle', 'high'])
      // One step writes the gradients of two planes, and the third is read twice.
      return swiglu(
        plan,
        swiglu(plan, first!, third!),
        swiglu(plan, third!, swiglu(plan, low, swiglu(plan, middle, high))),
      )
    },
  },
  {
    name: 'two linears of one input in one, whose rows a view can begin at',
    inputs: { x: { shape: [8, 4] }, up: { shape: [8, 4] }, weight: { shape: [16, 4], ...frozen } },
    build: (plan, { x, up, weight }) => {
      const input = swiglu(plan, x!, up!)
      const options = { name: 'linears', planes: [8, 8] }
      const [gate, other] = linears(plan, input, { kind: 'float32', weight: weight! }, options)
      return swiglu(plan, gate!, other!)
    },
  },
  {
    // The gradient of the residual is that of the sum, to which the layer before adds its own.
    name: 'linear with an adapter and a residual that its input comes from',
    inputs: {
      x: { shape: [3, 4] },
      up: { shape: [3, 4] },
      weight: { shape: [4, 4], ...frozen },
      bias: { shape: [4], ...frozen },
      a: { shape: [2, 4] },
      b: { shape: [4, 2] },
    },
    build: (plan, { x, up, weight, bias, a, b }) => {
      const h = swiglu(plan, x!, up!)
      const y = linear(
        plan,
        swiglu(plan, h, up!),
        { kind: 'float32', weight: weight! },
        { name: 'linear', adapter: { a: a!, b: b!, scale: 0.7 }, bias: bias!, residual: h },
      )
      return swiglu(plan, y, up!)
    },
  },
  {
    name: 'linear with a residual that has a gradient already',
    inputs: { x: { shape: [3, 4] }, up: { shape: [3, 4] }, weight: { shape: [4, 4], ...frozen } },
    build: (plan, { x, up, weight }) => {
      const h = swiglu(plan, x!, up!)
      const options = { name: 'linear', residual: h }
      return swiglu(plan, linear(plan, swiglu(plan, up!, h), { kind: 'float32', weight: weight! }, options), h)
    },
  },
  {
    name: 'linear with a trained weight',
    inputs: { x: { shape: [4, 8] }, weight: { shape: [3, 8] } },
    build: (plan, { x, weight }) => linear(plan, x!, { kind: 'float32', weight: weight! }, { name: 'linear' }),
  },
  {
    name: 'linear with a trained weight of a size that four divides',
    inputs: { x: { shape: [5, 8] }, weight: { shape: [4, 8] } },
    build: (plan, { x, weight }) => linear(plan, x!, { kind: 'float32', weight: weight! }, { name: 'linear' }),
  },
  {
    name: 'linear with dropout in its adapter',
    inputs: {
      x: { shape: [4, 8] },
      weight: { shape: [3, 8], ...frozen },
      a: { shape: [2, 8] },
      b: { shape: [3, 2] },
      counters: { shape: [16], dtype: 'u32', fill: counters },
    },
    build: (plan, { x, weight, a, b, counters }) => {
      const inputs = { ...makeRunInputs(), counters: counters! }
      const adapter = { a: a!, b: b!, scale: 1.5, dropout: { probability: 0.3, stream: 4, inputs } }
      return linear(plan, x!, { kind: 'float32', weight: weight! }, { name: 'linear', adapter })
    },
  },
  {
    name: 'linear of halves with an adapter',
    inputs: {
      x: { shape: [2, 8] },
      weight: { shape: [3, 8], dtype: 'f16', fill: float16Fill['weight']! },
      a: { shape: [2, 8] },
      b: { shape: [3, 2] },
    },
    build: (plan, { x, weight, a, b }) => {
      const adapter = { a: a!, b: b!, scale: 0.5 }
      return linear(plan, x!, { kind: 'float16', weight: weight! }, { name: 'linear', adapter })
    },
  },
  {
    name: 'linear of int8 with an adapter',
    inputs: {
      x: { shape: [2, 64] },
      values: { shape: [3, 64], dtype: 'i8', fill: int8Fill['values']! },
      scales: { shape: [3, 2], dtype: 'f16', fill: int8Fill['scales']! },
      a: { shape: [2, 64] },
      b: { shape: [3, 2] },
    },
    build: (plan, { x, values, scales, a, b }) =>
      linear(
        plan,
        x!,
        { kind: 'int8', values: values!, scales: scales! },
        { name: 'linear', adapter: { a: a!, b: b!, scale: 0.5 } },
      ),
  },
]
