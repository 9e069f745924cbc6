// A weighted sum of adapters is an adapter: sum of w s B A = [w1 s1 B1 | w2 s2 B2] [A1 ; A2]. Ranks add up, nothing is
// approximated; only the factors are rounded once, where they are folded into B.
import { AppError } from '../base/errors'
import { elementCount } from '../plan/tensor'
import { linearNamesOf, linearPath, type LinearName, type ModelConfig } from './config'
import { declareAdapter, MAX_RANK, sliceOf, type LoraPair, type LoraSettings } from './lora'

export interface AdapterTerm {
  readonly settings: LoraSettings
  /** Laid out as `declareAdapter` lays them. */
  readonly parameters: Float32Array
  readonly weight: number
}

/** A B pair of a term with its factor w s. */
interface Part {
  readonly a: Float32Array
  readonly b: Float32Array
  readonly rank: number
  readonly factor: number
}

/**
 * The sum as one adapter whose every scale is 1. Parts without effect take no rank.
 *
 * @throws AppError `adapter/rank-too-large` where the ranks of a linear add up to more than an adapter may have.
 */
export function sumOfAdapters(
  config: ModelConfig,
  terms: readonly AdapterTerm[],
): { readonly settings: LoraSettings; readonly parameters: Float32Array } {
  const parts = new Map<string, Part[]>()
  const targets = new Set<LinearName>()
  for (const { settings, parameters, weight } of terms) {
    for (const pair of declareAdapter(config, settings).pairs) {
      targets.add(pair.linear)
      const path = linearPath(config, pair.layer, pair.linear)
      const part = partOf(pair, parameters, weight)
      parts.set(path, [...(parts.get(path) ?? []), ...(part ? [part] : [])])
    }
  }
  const ranks = new Map([...parts].map(([path, summands]) => [path, Math.max(1, rankOf(summands))]))
  const rank = Math.max(1, ...ranks.values())
  if (rank > MAX_RANK) throw rankTooLarge(rank)
  const others = Object.fromEntries([...ranks].filter(([, one]) => one !== rank))
  const settings: LoraSettings = {
    rank,
    alpha: rank,
    usesRsLora: false,
    targets: linearNamesOf(config).filter((name) => targets.has(name)),
    ...(Object.keys(others).length > 0 && { rankPattern: others, alphaPattern: others }),
  }
  const adapter = declareAdapter(config, settings)
  const parameters = new Float32Array(elementCount(adapter.parameters))
  for (const { layer, linear, rank: rows, a, b } of adapter.pairs) {
    let row = 0
    for (const part of parts.get(linearPath(config, layer, linear)) ?? []) {
      sliceOf(parameters, a).set(part.a, row * (a.shape[1] ?? 1))
      const columns = sliceOf(parameters, b)
      part.b.forEach((value, index) => {
        const column = index % part.rank
        columns[((index - column) / part.rank) * rows + row + column] = part.factor * value
      })
      row += part.rank
    }
  }
  return { settings, parameters }
}

/** More ranks than an adapter may have here. */
export function rankTooLarge(rank: number): AppError {
  return new AppError('adapter/rank-too-large', {
    message: `rank ${rank}, at most ${MAX_RANK}`,
    details: { rank, most: MAX_RANK },
  })
}

function partOf(pair: LoraPair, parameters: Float32Array, weight: number): Part | null {
  const factor = weight * pair.scale
  const b = sliceOf(parameters, pair.b)
  if (factor === 0 || b.every((value) => value === 0)) return null
  return { a: sliceOf(parameters, pair.a), b, rank: pair.rank, factor }
}

function rankOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { rank }) => sum + rank, 0)
}
