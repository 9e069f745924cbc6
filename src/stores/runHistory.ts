// Everything a run has reported. Outside React and outside the store: ten events a second for an hour
// are no state to copy. Readers take the arrays and watch `version` in the run store, which is bumped
// at most four times a second.
import type { CheckpointSaved, PromptSample, RunEvent, RunWarning, StepMetrics, ValidationMetrics } from '../engine/api'

export interface RunHistory {
  readonly steps: StepMetrics[]
  readonly validations: ValidationMetrics[]
  readonly samples: PromptSample[]
  readonly checkpoints: CheckpointSaved[]
  readonly warnings: RunWarning[]
}

/** The one history of the page: the run that goes on, or the last one. */
export const runHistory: RunHistory = { steps: [], validations: [], samples: [], checkpoints: [], warnings: [] }

export function clearHistory(): void {
  for (const events of Object.values(runHistory) as unknown[][]) events.length = 0
}

export function appendEvents(events: readonly RunEvent[]): void {
  for (const event of events) {
    if (event.kind === 'step') runHistory.steps.push(event)
    else if (event.kind === 'validation') runHistory.validations.push(event)
    else if (event.kind === 'sample') runHistory.samples.push(event)
    else if (event.kind === 'checkpoint') runHistory.checkpoints.push(event)
    else runHistory.warnings.push(event)
  }
}

/** Steps that a figure of "now" looks back on. */
const RECENT_STEPS = 20

/** Trained tokens per second over the last steps; 0 before the second one (the first compiles shaders). */
export function recentTokensPerSecond(): number {
  const recent = runHistory.steps.slice(1).slice(-RECENT_STEPS)
  const elapsedMs = recent.reduce((sum, step) => sum + step.elapsedMs, 0)
  const tokens = recent.reduce((sum, step) => sum + step.tokens, 0)
  return elapsedMs > 0 ? (tokens / elapsedMs) * 1000 : 0
}

/** Time until `steps` steps are done, by the last ones; null before it can be known. */
export function remainingMs(steps: number): number | null {
  const recent = runHistory.steps.slice(1).slice(-RECENT_STEPS)
  const last = runHistory.steps.at(-1)
  if (!last || recent.length < 2) return null
  const perStep = recent.reduce((sum, step) => sum + step.elapsedMs, 0) / recent.length
  return Math.max(0, steps - last.step) * perStep
}
