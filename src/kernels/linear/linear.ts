// The kernels of linear layers over weights in floats, halves or int8, with an optional low-rank adapter (LoRA), bias and
// residual. What a layer records of them, and its gradients, is in layer.ts.
//
// The kernels are composed: one text for each pass, and a snippet for each operand and storage format.
// "odd" snippets take sizes that are not multiples of 4; see even and odd in lora/lora.ts.
import { assert, defined } from '../../base/assert'
import { accumulate, read, type Binding, type KernelSpec } from '../../plan/kernelSpec'
import type { Plan } from '../../plan/plan'
import { rowsAndColumns, type Tensor } from '../../plan/tensor'
import type { QuantizedRows } from '../quantizeRows/quantizeRows'
import { parity } from '../lora/lora'
import adapterSnippet from '../snippets/adapter.wgsl?raw'
import adapterBackwardSnippet from '../snippets/adapter_backward.wgsl?raw'
import adapterBackwardNoneSnippet from '../snippets/adapter_backward_none.wgsl?raw'
import adapterBackwardOddSnippet from '../snippets/adapter_backward_odd.wgsl?raw'
import adapterNoneSnippet from '../snippets/adapter_none.wgsl?raw'
import adapterOddSnippet from '../snippets/adapter_odd.wgsl?raw'
import biasSnippet from '../snippets/bias.wgsl?raw'
import biasNoneSnippet from '../snippets/bias_none.wgsl?raw'
import dySnippet from '../snippets/dy.wgsl?raw'
import dyOddSnippet from '../snippets/dy_odd.wgsl?raw'
import linearSizesWgsl from '../snippets/linear_sizes.wgsl?raw'
import multiplyAdd from '../snippets/multiply_add.wgsl?raw'
import residualSnippet from '../snippets/residual.wgsl?raw'
import residualNoneSnippet from '../snippets/residual_none.wgsl?raw'
import storeDx from '../snippets/store_dx.wgsl?raw'
import storeY from '../snippets/store_y.wgsl?raw'
import weightFloat16Snippet from '../snippets/weight_float16.wgsl?raw'
import weightFloat32Snippet from '../snippets/weight_float32.wgsl?raw'
import weightFloat32OddSnippet from '../snippets/weight_float32_odd.wgsl?raw'
import weightInt8Snippet from '../snippets/weight_int8.wgsl?raw'
import xSnippet from '../snippets/x.wgsl?raw'
import xOddSnippet from '../snippets/x_odd.wgsl?raw'
import { withBackwardWays, withForwardWays, withMatvecWays } from './alternatives'
import backwardWgsl from './backward.wgsl?raw'
import forwardWgsl from './forward.wgsl?raw'
import forwardInt8Wgsl from './forwardInt8.wgsl?raw'
import { linearBackwardOnnx, linearForwardOnnx } from './linear.onnx'
import {
  linearBackwardReference,
  linearForwardInt8Reference,
  linearForwardReference,
  type LinearBackwardArrays,
  type LinearForwardArrays,
  type LinearInt8Arrays,
  type StoredWeight,
} from './linear.reference'
import { linearSizes, planeCount, sizesOf, type LinearSizesShape, type Planes } from './linearSizes'
import matvecWgsl from './matvec.wgsl?raw'

/**
 * A frozen weight [out, in]. float16: f16 [out, in], in a multiple of 4. int8: values i8 [out, in] with one scale for
 * every 32 columns, f16 [out, in / 32]; a weight is scale * value, as in GGUF's Q8_0.
 */
export type LinearWeight =
  | { readonly kind: 'float32' | 'float16'; readonly weight: Tensor }
  | { readonly kind: 'int8'; readonly values: Tensor; readonly scales: Tensor }

/** The int8 form of a layer's input. */
export type QuantizeInput = (x: Tensor) => QuantizedRows

/** Where the outputs of a part of a weight stand among those of the whole; see linear_sizes.wgsl. */
export interface OutputPart {
  readonly firstOutput: number
  readonly allOutputs: number
}

/** Appends the one step y = x W^T (+ h B^T) (+ bias) (+ residual), or the columns of y that are `part`. No gradients. */
export function recordLinearForward(
  plan: Plan,
  {
    x,
    weight,
    y,
    adapter,
    bias,
    residual,
    part,
    planes,
    quantizeInput,
  }: {
    x: Tensor
    weight: LinearWeight
    y: Tensor
    quantizeInput?: QuantizeInput | undefined
    adapter?: { readonly h: Tensor; readonly b: Tensor } | undefined
    bias?: Tensor | undefined
    residual?: Tensor | undefined
    part?: OutputPart
    planes?: Planes
  },
): void {
  const { rows, columns } = rowsAndColumns(x)
  const rank = adapter ? rowsAndColumns(adapter.b).columns : 0
  const variant = {
    weight: weightFormat(weight, columns),
    adapter: adapter ? parity(rank) : 'none',
    hasBias: bias !== undefined,
    hasResidual: residual !== undefined,
  } as const
  const sizes = linearSizes({ rows, columns, outputs: outputsOf(weight), ...part, ...(planes && { planes }) })
  const shape = { ...sizes, rank, accumulate: sizes.firstOutput > 0 ? 1 : 0 }
  const operands = { ...weightTensors(weight), ...adapter, ...(bias && { bias }), ...(residual && { residual }) }
  if (quantizeInput && weight.kind === 'int8' && rows > MATVEC_MAX_ROWS) {
    assert(!plan.isTraining, `${plan.name} trains, and rounded activations have no gradient`)
    const { values, scales: xScales } = quantizeInput(x)
    plan.run(linearForwardInt8(variant), shape, { x: values, y, ...operands, xScales })
    return
  }
  const kernel = rows <= MATVEC_MAX_ROWS ? linearMatvec(variant) : linearForward(variant)
  plan.run(kernel, shape, { x, y, ...operands })
}

/** Appends the one step dx (+)= dy W (+ dh A), with the columns of dy that are `part`. */
export function recordLinearBackward(
  plan: Plan,
  {
    dy,
    weight,
    dx,
    accumulate,
    adapter,
    part,
    planes,
  }: {
    dy: Tensor
    weight: LinearWeight
    dx: Tensor
    accumulate: 0 | 1
    adapter?: { readonly dh: Tensor; readonly a: Tensor }
    part?: OutputPart
    planes?: Planes
  },
): void {
  const { rows, columns } = rowsAndColumns(dx)
  const sizes = linearSizes({ rows, columns, outputs: outputsOf(weight), ...part, ...(planes && { planes }) })
  const rank = adapter ? rowsAndColumns(adapter.a).rows / planeCount(sizes) : 0
  const kernel = linearBackward({
    dy: parity(sizes.outputs, sizes.allOutputs, sizes.firstOutput),
    weight: weightFormat(weight, columns),
    adapter: adapter ? parity(rank, columns) : 'none',
  })
  plan.run(kernel, { ...sizes, rank, accumulate }, { dy, dx, ...weightTensors(weight), ...adapter })
}

export type WeightFormat = 'float32' | 'float32Odd' | 'float16' | 'int8'

export interface ForwardVariant {
  readonly weight: WeightFormat
  readonly adapter: 'none' | 'even' | 'odd'
  readonly hasBias: boolean
  readonly hasResidual?: boolean
}

export interface BackwardVariant {
  readonly dy: 'even' | 'odd'
  readonly weight: WeightFormat
  readonly adapter: 'none' | 'even' | 'odd'
}

/** rank: of one plane. accumulate: in the forward pass, whether y keeps the outputs of other parts; in the backward pass, what dx holds. */
type LinearShape = LinearSizesShape & { rank: number; accumulate: number }

/** More rows than this are computed by the tiled kernel. Also in matvec.wgsl. */
export const MATVEC_MAX_ROWS = 8

// Tiles of a workgroup, 8 by 4 threads, in forward.wgsl and backward.wgsl.
const GROUP_ROWS = 32
const GROUP_COLUMNS = 64
const MATVEC_GROUP_OUTPUTS = 32
// 8 by 8 threads, in forwardInt8.wgsl.
const INT8_GROUP_OUTPUTS = 32
const INT8_GROUP_ROWS = 64

export function linearForward(variant: ForwardVariant): KernelSpec<LinearShape> {
  return withForwardWays({
    ...forwardParts('linear/forward', [xOf(variant), storeY, forwardWgsl], variant),
    workgroups: ({ rows, outputs }) => [Math.ceil(outputs / GROUP_COLUMNS), Math.ceil(rows / GROUP_ROWS), 1],
  })
}

/** For at most MATVEC_MAX_ROWS rows. */
export function linearMatvec(variant: ForwardVariant): KernelSpec<LinearShape> {
  return withMatvecWays({
    ...forwardParts('linear/matvec', [xOf(variant), matvecWgsl], variant),
    // Code for rows that are not there is not compiled.
    constants: ({ rows, rank }) => ({ ROWS: rows, ...(variant.adapter !== 'none' && { RANK: rank }) }),
    workgroups: ({ outputs }) => [Math.ceil(outputs / MATVEC_GROUP_OUTPUTS), 1, 1],
  })
}

/** With activations in int8 too. For more than MATVEC_MAX_ROWS rows: decoding waits for memory, not for products. */
export function linearForwardInt8(variant: Omit<ForwardVariant, 'weight'>): KernelSpec<LinearShape> {
  const { onnx: _, ...parts } = forwardParts('linear/forwardInt8', [storeY, forwardInt8Wgsl], {
    ...variant,
    weight: 'int8',
  })
  return {
    ...parts,
    bindings: {
      ...parts.bindings,
      x: read('i8', ({ rows, columns }: LinearShape) => rows * columns),
      xScales: read('f32', ({ rows, columns }: LinearShape) => (rows * columns) / 32),
    },
    workgroups: ({ rows, outputs }) => [Math.ceil(outputs / INT8_GROUP_OUTPUTS), Math.ceil(rows / INT8_GROUP_ROWS), 1],
    // As in linearBackward.
    reference: (arrays, shape) => linearForwardInt8Reference(arrays as unknown as LinearInt8Arrays, shape),
  }
}

export function linearBackward(variant: BackwardVariant): KernelSpec<LinearShape> {
  const adapter = {
    none: adapterBackwardNoneSnippet,
    even: adapterBackwardSnippet,
    odd: adapterBackwardOddSnippet,
  }[variant.adapter]
  return withBackwardWays({
    name: ['linear/backward', variant.weight, ...(variant.dy === 'odd' ? ['odd dy'] : []), ...named(variant)].join('/'),
    source: [
      linearSizesWgsl,
      variant.dy === 'even' ? dySnippet : dyOddSnippet,
      weightSnippets[variant.weight],
      adapter,
      multiplyAdd,
      storeDx,
      backwardWgsl,
    ],
    bindings: {
      dy: read('f32', ({ rows, allOutputs }: LinearShape) => rows * allOutputs),
      dx: accumulate('f32', ({ rows, columns }: LinearShape) => rows * columns),
      ...weightBindings(variant.weight),
      ...(variant.adapter !== 'none' && {
        dh: read('f32', (shape: LinearShape) => shape.rows * ranksOf(shape)),
        a: read('f32', (shape: LinearShape) => ranksOf(shape) * shape.columns),
      }),
    },
    sizes: sizesOf,
    constants: ({ rank, accumulate }) => ({
      ACCUMULATE: accumulate,
      ...(variant.adapter !== 'none' && { RANK: rank }),
    }),
    workgroups: ({ rows, columns }) => [Math.ceil(columns / GROUP_COLUMNS), Math.ceil(rows / GROUP_ROWS), 1],
    // The executors hand over the arrays that `bindings` declares, which depend on the variant.
    reference: (arrays, shape) =>
      linearBackwardReference(arrays as unknown as LinearBackwardArrays & StoredWeight, shape),
    onnx: linearBackwardOnnx,
    cost: (shape) => {
      const { rows, columns, outputs, accumulate } = shape
      const ranks = ranksOf(shape)
      return {
        flops: 2 * rows * columns * (outputs + ranks),
        bytes:
          4 * (rows * (outputs + ranks) + ranks * columns + (1 + accumulate) * rows * columns) +
          weightBytes(variant.weight, outputs * columns),
      }
    },
  })
}

/** What the forward kernels have in common: all but the grid and the texts of `pass`. */
function forwardParts(
  name: string,
  pass: readonly string[],
  variant: ForwardVariant,
): Omit<KernelSpec<LinearShape>, 'workgroups'> {
  const adapter = { none: adapterNoneSnippet, even: adapterSnippet, odd: adapterOddSnippet }[variant.adapter]
  return {
    name: [
      name,
      variant.weight,
      ...named(variant),
      ...(variant.hasBias ? ['bias'] : []),
      ...(variant.hasResidual ? ['residual'] : []),
    ].join('/'),
    source: [
      linearSizesWgsl,
      weightSnippets[variant.weight],
      adapter,
      variant.hasBias ? biasSnippet : biasNoneSnippet,
      variant.hasResidual ? residualSnippet : residualNoneSnippet,
      multiplyAdd,
      ...pass,
    ],
    bindings: {
      x: read('f32', ({ rows, columns }: LinearShape) => rows * columns),
      y: accumulate('f32', ({ rows, allOutputs }: LinearShape) => rows * allOutputs),
      ...weightBindings(variant.weight),
      ...(variant.adapter !== 'none' && {
        h: read('f32', (shape: LinearShape) => shape.rows * ranksOf(shape)),
        b: read('f32', ({ outputs, rank }: LinearShape) => outputs * rank),
      }),
      ...(variant.hasBias && { bias: read('f32', ({ outputs }: LinearShape) => outputs) }),
      ...(variant.hasResidual && { residual: read('f32', ({ rows, allOutputs }: LinearShape) => rows * allOutputs) }),
    },
    sizes: sizesOf,
    constants: ({ rank }) => (variant.adapter === 'none' ? {} : { RANK: rank }),
    // As in linearBackward.
    reference: (arrays, shape) =>
      linearForwardReference(arrays as unknown as LinearForwardArrays & StoredWeight, shape),
    onnx: linearForwardOnnx,
    cost: (shape) => {
      const { rows, columns, outputs, rank } = shape
      const written = variant.hasResidual ? 2 * outputs : outputs
      return {
        flops: 2 * rows * outputs * (columns + rank),
        bytes:
          4 * (rows * (columns + ranksOf(shape) + written) + rank * outputs) +
          weightBytes(variant.weight, outputs * columns),
      }
    },
  }
}

/** Ranks of all planes. */
function ranksOf(shape: LinearShape): number {
  return planeCount(shape) * shape.rank
}

function xOf({ weight }: ForwardVariant): string {
  return weight === 'float32Odd' ? xOddSnippet : xSnippet
}

const weightSnippets: Record<WeightFormat, string> = {
  float32: weightFloat32Snippet,
  float32Odd: weightFloat32OddSnippet,
  float16: weightFloat16Snippet,
  int8: weightInt8Snippet,
}

function weightBindings(format: WeightFormat): Record<string, Binding<LinearShape>> {
  const elements = ({ outputs, columns }: LinearShape) => outputs * columns
  if (format !== 'int8') return { weight: read(format === 'float16' ? 'f16' : 'f32', elements) }
  return { values: read('i8', elements), scales: read('f16', (shape: LinearShape) => elements(shape) / 32) }
}

function weightBytes(format: WeightFormat, elements: number): number {
  return { float32: 4, float32Odd: 4, float16: 2, int8: 1 + 1 / 16 }[format] * elements
}

function weightFormat(weight: LinearWeight, columns: number): WeightFormat {
  if (weight.kind === 'float32') return columns % 4 === 0 ? 'float32' : 'float32Odd'
  const multiple = { float16: 4, int8: 32 }[weight.kind]
  assert(columns % multiple === 0, `${matrixOf(weight).name} has ${columns} columns, not a multiple of ${multiple}`)
  return weight.kind
}

export function weightTensors(weight: LinearWeight): Record<string, Tensor> {
  return weight.kind === 'int8' ? { values: weight.values, scales: weight.scales } : { weight: weight.weight }
}

/** The tensor [out, in] of a weight, without scales. */
export function matrixOf(weight: LinearWeight): Tensor {
  return weight.kind === 'int8' ? weight.values : weight.weight
}

/** Rows of a weight: the outputs of its layer, or of its part. */
export function outputsOf(weight: LinearWeight): number {
  const { shape, name } = matrixOf(weight)
  assert(shape.length === 2, `${name} is not a matrix`)
  return defined(shape[0], name)
}

function named({ adapter }: { adapter: 'none' | 'even' | 'odd' }): string[] {
  return adapter === 'none' ? [] : [adapter === 'even' ? 'adapter' : 'odd adapter']
}
