// What a run has reported as the series of its charts. Pure.
import type { Precision, StepMetrics, ValidationMetrics } from '../../engine/api'
import type { Series } from '../../components/charts/series'

export function trainingSeries(steps: readonly StepMetrics[], name: string, precision: Precision): Series {
  const points = steps.map(({ step, loss }) => ({ x: step, y: loss }))
  return { id: 'training', name, model: 'adapter', precision, role: 'training', isSmoothed: true, points }
}

export function validationSeries(
  validations: readonly ValidationMetrics[],
  name: string,
  precision: Precision,
): Series {
  const points = validations.map(({ step, loss }) => ({ x: step, y: loss }))
  return { id: 'validation', name, model: 'adapter', precision, role: 'validation', points }
}

/** One figure of every step as one thin line. */
export function stepSeries(
  steps: readonly StepMetrics[],
  read: (step: StepMetrics) => number,
  { id, name, precision, isSmoothed = false }: { id: string; name: string; precision: Precision; isSmoothed?: boolean },
): Series[] {
  const points = steps.map((step) => ({ x: step.step, y: read(step) }))
  return [{ id, name, model: 'adapter', precision, role: 'training', isSmoothed, points }]
}

/** Trained tokens per second of a step. */
export function speedOf({ tokens, elapsedMs }: StepMetrics): number {
  return elapsedMs > 0 ? (tokens / elapsedMs) * 1000 : Number.NaN
}
