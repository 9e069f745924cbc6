// Learning rate as a pure function of the step. Linear warm-up, then constant, linear or cosine decay to 0,
// as in transformers' get_*_schedule_with_warmup.
import type { Schedule } from './types'

export interface ScheduleSettings {
  readonly schedule: Schedule
  readonly learningRate: number
  readonly warmupSteps: number
  readonly steps: number
}

/** The rate of step `step`, counted from 0. */
export function learningRateAt(step: number, { schedule, learningRate, warmupSteps, steps }: ScheduleSettings): number {
  if (step < warmupSteps) return (learningRate * step) / Math.max(1, warmupSteps)
  const share = (step - warmupSteps) / Math.max(1, steps - warmupSteps)
  switch (schedule) {
    case 'constant':
      return learningRate
    case 'linear':
      return learningRate * Math.max(0, 1 - share)
    case 'cosine':
      return learningRate * Math.max(0, 0.5 * (1 + Math.cos(Math.PI * share)))
  }
}
