// What is said of int8 and of adapters, against what was measured. A claim that was not measured is neither true nor
// false here.
import type { MeasuredCells } from '../../stores/comparedCells'

export type ClaimState = 'holds' | 'fails' | 'open'

/** A claim, and the figure it stands on; null while that was not measured. */
export interface Claim {
  readonly id: 'size' | 'speed' | 'quality' | 'parameters'
  readonly figure: number | null
  readonly state: ClaimState
}

/** 8 bits and their scales are 0.2656 of 32; what is above this is not a quarter in any sense. */
const MOST_OF_A_QUARTER = 0.27
const LEAST_SPEEDUP = 2
/** How much a perplexity may rise and still be called nearly the same. */
const MOST_PERPLEXITY_RISE = 0.01
const MOST_PARAMETERS = 0.05

/** `adapterShare`: the adapter's parameters as a share of the model's; null where there is no adapter. */
export function claimsOf(cells: MeasuredCells, adapterShare: number | null): Claim[] {
  const pair = (['adapter', 'base'] as const)
    .map((model) => [cells[`${model}-float32`], cells[`${model}-int8`]] as const)
    .find(([float32, int8]) => float32 && int8)
  const [float32, int8] = pair ?? []
  const ratio = (first: number | undefined, second: number | undefined) =>
    first === undefined || second === undefined ? null : second / first
  const rise = ratio(
    float32 && Math.exp((float32.validationLoss ?? float32.generalLoss).value),
    int8 && Math.exp((int8.validationLoss ?? int8.generalLoss).value),
  )
  return [
    claim('size', ratio(float32?.linearWeightBytes, int8?.linearWeightBytes), (share) => share <= MOST_OF_A_QUARTER),
    claim(
      'speed',
      ratio(float32?.decodeTokensPerSecond.value, int8?.decodeTokensPerSecond.value),
      (times) => times >= LEAST_SPEEDUP,
    ),
    claim('quality', rise === null ? null : rise - 1, (change) => change <= MOST_PERPLEXITY_RISE),
    claim('parameters', adapterShare, (share) => share <= MOST_PARAMETERS),
  ]
}

function claim(id: Claim['id'], figure: number | null, holds: (figure: number) => boolean): Claim {
  return { id, figure, state: figure === null ? 'open' : holds(figure) ? 'holds' : 'fails' }
}
