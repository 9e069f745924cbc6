// LoRA: beside a frozen linear W, two small trained matrices. y = x W^T + scale (x A^T) B^T.
//
// Hu et al. 2021, arXiv 2106.09685; rsLoRA: Kalajdzievski 2023, arXiv 2312.03732.
import { assert } from '../base/assert'
import { AppError } from '../base/errors'
import { valueForModule } from '../base/modulePattern'
import { Random } from '../base/random'
import { elementCount, type Tensor } from '../plan/tensor'
import { linearNamesOf, linearPath, linearsByInput, linearShape, type LinearName, type ModelConfig } from './config'
import { declareTrained, type Trained } from './trained'

export const MAX_RANK = 256

export interface LoraSettings {
  readonly rank: number
  readonly alpha: number
  readonly usesRsLora: boolean
  readonly targets: readonly LinearName[]
  /**
   * Other ranks and alphas for some modules, as PEFT has them: by the last parts of a module's path, such as
   * layers.0.self_attn.q_proj. The first key that fits counts.
   */
  readonly rankPattern?: Readonly<Record<string, number>>
  readonly alphaPattern?: Readonly<Record<string, number>>
}

export interface LoraPair {
  readonly layer: number
  readonly linear: LinearName
  readonly rank: number
  /** alpha / rank, or alpha / sqrt(rank) with rsLoRA. */
  readonly scale: number
  /** [R, inputs] */
  readonly a: Tensor
  /** [outputs, R] */
  readonly b: Tensor
  readonly dA: Tensor
  readonly dB: Tensor
}

export interface LoraAdapter extends Trained {
  readonly settings: LoraSettings
  readonly pairs: readonly LoraPair[]
}

/**
 * Names the tensors of an adapter for a model of this shape. Nothing is allocated.
 *
 * @throws AppError `run/settings-invalid` for a rank outside 1 to 256, no targets, or an alpha that is not positive.
 */
export function declareAdapter(config: ModelConfig, settings: LoraSettings): LoraAdapter {
  const targets = linearNamesOf(config).filter((name) => settings.targets.includes(name))
  if (targets.length === 0) throw invalid('no linear is chosen')
  const places = Array.from({ length: config.layers }, (_, layer) =>
    targets.map((linear) => ({ layer, linear, ...rankAndScale(settings, linearPath(config, layer, linear)) })),
  ).flat()
  const entryOf = ({ layer, linear, rank }: (typeof places)[number], matrix: 'A' | 'B') => {
    const { inputs, outputs } = linearShape(config, linear)
    return { name: `layer ${layer} ${linear} ${matrix}`, shape: matrix === 'A' ? [rank, inputs] : [outputs, rank] }
  }
  // Linears of one input can be computed together where their A follow each other, and their B.
  const entries = Array.from({ length: config.layers }, (_, layer) =>
    linearsByInput(config).flatMap((names) => {
      const own = places.filter((place) => place.layer === layer && names.includes(place.linear))
      const inOrder = own.toSorted((a, b) => names.indexOf(a.linear) - names.indexOf(b.linear))
      return [...inOrder.map((place) => entryOf(place, 'A')), ...inOrder.map((place) => entryOf(place, 'B'))]
    }),
  ).flat()
  const { views, gradientViews, ...trained } = declareTrained('adapter', entries, { role: 'adapter' })
  const placeOf = new Map(entries.map(({ name }, index) => [name, index]))
  const pairs = places.map((place) => {
    const [ofA = -1, ofB = -1] = (['A', 'B'] as const).map((matrix) => placeOf.get(entryOf(place, matrix).name))
    const [a, b, dA, dB] = [views[ofA], views[ofB], gradientViews[ofA], gradientViews[ofB]]
    assert(a !== undefined && b !== undefined && dA !== undefined && dB !== undefined, 'two views for each pair')
    return { ...place, a, b, dA, dB }
  })
  return { settings: { ...settings, targets }, pairs, inFiles: pairs.flatMap(({ a, b }) => [a, b]), ...trained }
}

function rankAndScale(settings: LoraSettings, path: string): { rank: number; scale: number } {
  const rank = valueForModule(settings.rankPattern, path) ?? settings.rank
  const alpha = valueForModule(settings.alphaPattern, path) ?? settings.alpha
  if (!Number.isInteger(rank) || rank < 1 || rank > MAX_RANK) throw invalid(`rank ${rank} is not in 1 … ${MAX_RANK}`)
  if (!(alpha > 0 && Number.isFinite(alpha))) throw invalid(`alpha ${alpha} is not a positive number`)
  return { rank, scale: settings.usesRsLora ? alpha / Math.sqrt(rank) : alpha / rank }
}

function invalid(message: string): AppError {
  return new AppError('run/settings-invalid', { message })
}

/** PEFT's default start: A uniform in ±1/sqrt(inputs), B zero, so that the adapter begins without effect. */
export function initialParameters(adapter: LoraAdapter, seed: number): Float32Array {
  const flat = new Float32Array(elementCount(adapter.parameters))
  adapter.pairs.forEach(({ a }, index) => {
    const random = new Random(seed, index)
    const bound = 1 / Math.sqrt(a.shape[1] ?? 1)
    const start = a.offsetBytes / 4
    for (let i = 0; i < elementCount(a); i++) flat[start + i] = (2 * random.uniform() - 1) * bound
  })
  return flat
}

/** The part of the flat parameters that belongs to one matrix. */
export function sliceOf(flat: Float32Array, tensor: Tensor): Float32Array {
  const start = tensor.offsetBytes / 4
  return flat.subarray(start, start + elementCount(tensor))
}

/** The parameters of an adapter that adds `strength` times as much: B scaled, so that no kernel knows. */
export function withStrength(adapter: LoraAdapter, parameters: Float32Array, strength: number): Float32Array {
  if (strength === 1) return parameters
  const scaled = parameters.slice()
  for (const { b } of adapter.pairs) {
    const values = sliceOf(scaled, b)
    for (let i = 0; i < values.length; i++) values[i]! *= strength
  }
  return scaled
}

/** Trained numbers, without the padding between matrices. */
export function trainableCount(adapter: LoraAdapter): number {
  return adapter.pairs.reduce((sum, { a, b }) => sum + elementCount(a) + elementCount(b), 0)
}
