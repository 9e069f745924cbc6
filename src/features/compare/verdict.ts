// What the measured cells say, as facts a sentence can be built from. Only what was measured; a difference within
// the spread of the two figures is no difference.
import type { CellMeasurement, Int8Products, Measurement } from '../../engine/api'

export type Direction = 'up' | 'down' | 'same'

export interface Comparison {
  readonly direction: Direction
  /** second / first. */
  readonly ratio: number
  readonly first: number
  readonly second: number
}

export interface Verdict {
  /** Validation loss, base against adapter, at the first precision where both are measured. */
  readonly adapterLoss: Comparison | null
  /** Bytes of the linear weights, float32 against int8. */
  readonly int8Bytes: Comparison | null
  /** Decoding speed, float32 against int8. */
  readonly int8Speed: Comparison | null
  /** Validation loss, float32 against int8. */
  readonly int8Loss: Comparison | null
  /** Whether integers are multiplied here, and what came of trying. */
  readonly int8Products: Int8Products | null
  /** How often the base in int8 has the likeliest token of the base in float32. */
  readonly int8Agreement: number | null
  /** Loss on the general text, base against adapter: what was forgotten. */
  readonly generalLoss: Comparison | null
}

/** Medians of a handful of runs on a shared machine differ by this much without meaning anything. */
const LEAST_SPEED_CHANGE = 0.03
const LEAST_LOSS_CHANGE = 0.001
/** In nats: one percent of perplexity. */
const LEAST_FORGOTTEN = 0.01

export function verdictOf(cells: readonly CellMeasurement[]): Verdict {
  const cell = (usesAdapter: boolean, precision: CellMeasurement['precision']) =>
    cells.find((one) => one.usesAdapter === usesAdapter && one.precision === precision)
  const adapterPair = firstPair(
    (['float32', 'int8'] as const).map((precision) => [cell(false, precision), cell(true, precision)]),
  )
  // The adapter's pair first: it is the model a person leaves with.
  const precisionPair = firstPair(
    [true, false].map((usesAdapter) => [cell(usesAdapter, 'float32'), cell(usesAdapter, 'int8')]),
  )
  return {
    adapterLoss: adapterPair && compareLoss(adapterPair),
    int8Bytes: precisionPair && {
      direction: precisionPair[1].linearWeightBytes < precisionPair[0].linearWeightBytes ? 'down' : 'same',
      ratio: precisionPair[1].linearWeightBytes / precisionPair[0].linearWeightBytes,
      first: precisionPair[0].linearWeightBytes,
      second: precisionPair[1].linearWeightBytes,
    },
    int8Speed:
      precisionPair &&
      compare(precisionPair[0].decodeTokensPerSecond, precisionPair[1].decodeTokensPerSecond, {
        least: LEAST_SPEED_CHANGE,
        isWithinSpread: true,
      }),
    int8Loss: precisionPair && compareLoss(precisionPair),
    int8Products: cells.find((one) => one.int8Products)?.int8Products ?? null,
    int8Agreement: cell(false, 'int8')?.fromReference?.agreement.value ?? null,
    generalLoss:
      adapterPair &&
      compare(adapterPair[0].generalLoss, adapterPair[1].generalLoss, { least: 0, leastChange: LEAST_FORGOTTEN }),
  }
}

type Pair = readonly [CellMeasurement, CellMeasurement]

function firstPair(pairs: readonly (readonly (CellMeasurement | undefined)[])[]): Pair | null {
  for (const [first, second] of pairs) if (first && second) return [first, second]
  return null
}

/** The spread of a loss is over sequences, and both cells saw the same ones: it does not blur their difference. */
function compareLoss([first, second]: Pair): Comparison | null {
  if (!first.validationLoss || !second.validationLoss) return null
  return compare(first.validationLoss, second.validationLoss, { least: LEAST_LOSS_CHANGE })
}

function compare(
  first: Measurement,
  second: Measurement,
  { least, leastChange = 0, isWithinSpread = false }: { least: number; leastChange?: number; isWithinSpread?: boolean },
): Comparison {
  const ratio = second.value / first.value
  const blur = isWithinSpread ? first.spread + second.spread : 0
  const change = Math.abs(second.value - first.value)
  const isSame = Math.abs(ratio - 1) < least || change <= Math.max(blur, leastChange)
  return { direction: isSame ? 'same' : ratio > 1 ? 'up' : 'down', ratio, first: first.value, second: second.value }
}
