// What a run changed, measured on text it has not seen. Pure; the sentence is the component's.

export type Outcome =
  | { readonly kind: 'unmeasured' }
  | {
      readonly kind: 'better' | 'unchanged' | 'worse'
      readonly baseLoss: number
      readonly bestLoss: number
      readonly basePerplexity: number
      readonly bestPerplexity: number
      /** Share of the base's loss: 0.2 is a fifth less. Negative when it rose. */
      readonly lowered: number
    }

/** Less than this is not worth calling a change. */
const LEAST_CHANGE = 0.005

export function outcomeOf(baseLoss: number | null, bestLoss: number | null): Outcome {
  if (baseLoss === null || bestLoss === null || !Number.isFinite(baseLoss) || !Number.isFinite(bestLoss)) {
    return { kind: 'unmeasured' }
  }
  const lowered = 1 - bestLoss / baseLoss
  const kind = lowered > LEAST_CHANGE ? 'better' : lowered < -LEAST_CHANGE ? 'worse' : 'unchanged'
  return {
    kind,
    baseLoss,
    bestLoss,
    basePerplexity: Math.exp(baseLoss),
    bestPerplexity: Math.exp(bestLoss),
    lowered,
  }
}
