// The settings of a run as flags. What is not given comes from a preset, as on the page.
import type { LinearName, ModelInfo, Precision, TrainingSettings } from '../engine/api'
import { fitTargets, presetNames, presets, type PresetName } from '../engine/presets'
import { nodeDevices } from './nodeEngine'
import { choice, commaList, number, optional, toggle, type Flag } from './flags'
import { UsageError } from './usageError'

const balanced = presets.balanced

export const precisions = { f32: 'float32', f16: 'float16', int8: 'int8' } as const satisfies Record<string, Precision>
export type PrecisionFlag = keyof typeof precisions
const precisionFlags: readonly PrecisionFlag[] = ['f32', 'f16', 'int8']

export const precisionFlag = choice(precisionFlags, {
  fallback: 'f32',
  help: 'How the base’s linear weights are kept: float32, float16, or int8 in blocks of 32 with one scale each.',
})

export const deviceFlag = choice(nodeDevices, {
  fallback: 'gpu',
  help: 'Where it computes: the GPU through Dawn, or the processor through ONNX Runtime.',
})

export const presetFlag = choice(presetNames, {
  fallback: 'balanced',
  help: 'Where settings that are not given come from, as on the page. The defaults below are those of balanced.',
})

/** What the memory of a run depends on. */
export const shapeFlags = {
  rank: optional(number(balanced.rank, { least: 1, most: 256, isWhole: true, help: 'LoRA rank.' })),
  alpha: optional(
    number(balanced.alpha, {
      least: 1,
      most: 1e6,
      isWhole: true,
      help: 'The adapter counts alpha / rank times its product.',
    }),
  ),
  rslora: optional(toggle('alpha / sqrt(rank) instead of alpha / rank.')),
  targets: commaList({
    placeholder: 'NAME,…',
    fallback: 'all',
    help: 'The linears that get an adapter: all, or names such as q_proj,v_proj; inspect MODEL lists them.',
  }),
  batch: optional(
    number(balanced.batchSize, { least: 1, most: 256, isWhole: true, help: 'Sequences in a micro-batch.' }),
  ),
  accumulate: optional(
    number(balanced.accumulation, { least: 1, most: 32, isWhole: true, help: 'Micro-batches in a step.' }),
  ),
  length: optional(
    number(balanced.sequenceLength, {
      least: 8,
      most: 16_777_216,
      isWhole: true,
      help: 'Tokens in a sequence; at most what the model knows.',
    }),
  ),
  checkpointing: optional(
    toggle('Gradient checkpointing: keep one activation a layer and compute the others again. Less memory, more time.'),
  ),
  dropout: optional(
    number(balanced.dropout, { least: 0, most: 0.95, help: 'Share of the adapter’s inputs dropped in training.' }),
  ),
}

export const runFlags = {
  steps: optional(number(balanced.steps, { least: 1, most: 1_000_000, isWhole: true, help: 'Optimizer steps.' })),
  lr: optional(number(balanced.learningRate, { least: 0, most: 10, help: 'Highest learning rate of AdamW.' })),
  schedule: optional(
    choice(['constant', 'linear', 'cosine'], {
      fallback: balanced.schedule,
      help: 'What the learning rate does after the warm-up; linear and cosine end at 0.',
    }),
  ),
  warmup: optional(
    number(balanced.warmupSteps, {
      least: 0,
      most: 1_000_000,
      isWhole: true,
      help: 'Steps in which the learning rate rises from 0.',
    }),
  ),
  clip: optional(
    number(balanced.maxGradientNorm, {
      least: 0,
      most: 1e6,
      help: 'Longer gradients are shortened to this norm; 0: never.',
    }),
  ),
  'weight-decay': optional(number(balanced.weightDecay, { least: 0, most: 10, help: 'Decoupled, as AdamW has it.' })),
  seed: optional(
    number(balanced.seed, {
      least: 0,
      most: 0xffffffff,
      isWhole: true,
      help: 'Of the adapter’s start, the split, the order of batches and dropout.',
    }),
  ),
  'validation-share': optional(
    number(balanced.validationShare, {
      least: 0,
      most: 0.5,
      help: 'Share of the documents held out, at least one; 0: none.',
    }),
  ),
  'evaluate-every': optional(
    number(balanced.evaluateEvery, {
      least: 0,
      most: 1_000_000,
      isWhole: true,
      help: 'Steps between two looks at the held-out text; 0: only at the end.',
    }),
  ),
}

export const settingsFlags = { ...shapeFlags, ...runFlags }

/** Which setting a flag sets. */
export const settingOfFlag = {
  rank: 'rank',
  alpha: 'alpha',
  rslora: 'usesRsLora',
  targets: 'targets',
  batch: 'batchSize',
  accumulate: 'accumulation',
  length: 'sequenceLength',
  checkpointing: 'usesCheckpointing',
  dropout: 'dropout',
  steps: 'steps',
  lr: 'learningRate',
  schedule: 'schedule',
  warmup: 'warmupSteps',
  clip: 'maxGradientNorm',
  'weight-decay': 'weightDecay',
  seed: 'seed',
  'validation-share': 'validationShare',
  'evaluate-every': 'evaluateEvery',
} as const satisfies Record<keyof typeof settingsFlags, keyof TrainingSettings>

type FlagName = keyof typeof settingsFlags
type Value<F> = F extends Flag<infer V> ? V : never
export type SettingsFlagValues = { readonly [Name in FlagName]?: Value<(typeof settingsFlags)[Name]> }

/** The preset with what was given in its place, for one model. @throws UsageError for unknown targets */
export function settingsOf(
  values: SettingsFlagValues,
  { preset, precision, model }: { preset: PresetName; precision: PrecisionFlag; model: Pick<ModelInfo, 'linears'> },
): TrainingSettings {
  const flagNames = Object.keys(settingOfFlag) as FlagName[]
  const changes = flagNames.flatMap((flag) => {
    const value = values[flag] ?? null
    return value === null ? [] : [[settingOfFlag[flag], value] as const]
  })
  return {
    ...presets[preset],
    // `satisfies` above and the flags' own types say that each value is its setting's.
    ...(Object.fromEntries(changes) as Partial<TrainingSettings>),
    precision: precisions[precision],
    targets: values.targets ? chosenTargets(values.targets, model) : fitTargets(presets[preset].targets, model.linears),
  }
}

function chosenTargets(given: readonly string[], { linears }: Pick<ModelInfo, 'linears'>): readonly LinearName[] {
  if (given.length === 1 && given[0] === 'all') return linears
  return given.map((name) => {
    const found = linears.find((linear) => linear === name)
    if (found === undefined) throw new UsageError(`--targets: ${name} is not one of ${linears.join(', ')}, or all`)
    return found
  })
}

/** The flag that sets a setting, for errors that name the setting. */
export function flagOfSetting(setting: string): string | null {
  const found = Object.entries(settingOfFlag).find(([, name]) => name === setting)
  return found ? `--${found[0]}` : null
}
