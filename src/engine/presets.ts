// Three places to begin from, for the embedded model of a few million parameters. Such a small model
// wants a learning rate several times that of a billion-parameter one, see docs/decisions.
import { linearNames, type LinearName, type TrainingSettings } from './api'

export const presetNames = ['quick', 'balanced', 'thorough'] as const
export type PresetName = (typeof presetNames)[number]

const balanced: TrainingSettings = {
  precision: 'float32',
  rank: 8,
  alpha: 16,
  usesRsLora: false,
  dropout: 0,
  targets: linearNames,
  learningRate: 2e-3,
  schedule: 'linear',
  warmupSteps: 6,
  weightDecay: 0,
  maxGradientNorm: 1,
  steps: 120,
  batchSize: 2,
  accumulation: 1,
  sequenceLength: 128,
  usesCheckpointing: false,
  validationShare: 0.1,
  evaluateEvery: 20,
  seed: 42,
}

export const presets: Readonly<Record<PresetName, TrainingSettings>> = {
  quick: { ...balanced, targets: ['q_proj', 'v_proj'], steps: 60, warmupSteps: 5, evaluateEvery: 10 },
  balanced,
  thorough: {
    ...balanced,
    rank: 32,
    alpha: 32,
    learningRate: 1e-3,
    steps: 400,
    warmupSteps: 20,
    sequenceLength: 256,
    evaluateEvery: 40,
    weightDecay: 0.01,
  },
}

/** The linears to adapt in a model that has `linears`: those of `targets` among them, or all where none is. */
export function fitTargets(targets: readonly LinearName[], linears: readonly LinearName[]): readonly LinearName[] {
  const kept = linears.filter((name) => targets.includes(name))
  return kept.length > 0 ? kept : linears
}
