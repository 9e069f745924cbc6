// Settings as the query of an address, so that a setup can be sent as a link: the preset's name and
// what differs from it. A link is untrusted: what does not parse or is out of range is left out.
import { gpt2LinearNames, linearNames, precisions, type LinearName, type TrainingSettings } from '../engine/api'
import { presetNames, presets, type PresetName } from '../engine/presets'

export interface Setup {
  readonly preset: PresetName
  readonly settings: TrainingSettings
}

export function writeQuery({ preset, settings }: Setup): string {
  const query = new URLSearchParams()
  if (preset !== 'balanced') query.set('preset', preset)
  for (const field of fields) {
    const text = field.write(settings)
    if (text !== field.write(presets[preset])) query.set(field.key, text)
  }
  return query.toString()
}

export function readQuery(text: string): Setup {
  const query = new URLSearchParams(text)
  const preset = presetNames.find((name) => name === query.get('preset')) ?? 'balanced'
  let settings = presets[preset]
  for (const field of fields) {
    const value = query.get(field.key)
    if (value !== null) settings = { ...settings, ...field.read(value) }
  }
  return { preset, settings }
}

/** The least and the most of each number; the knobs and the links agree on them. */
export const bounds = {
  rank: { least: 1, most: 256, isWhole: true },
  alpha: { least: 1, most: 512, isWhole: true },
  dropout: { least: 0, most: 0.5, isWhole: false },
  learningRate: { least: 1e-6, most: 0.1, isWhole: false },
  warmupSteps: { least: 0, most: 1000, isWhole: true },
  weightDecay: { least: 0, most: 1, isWhole: false },
  maxGradientNorm: { least: 0, most: 100, isWhole: false },
  steps: { least: 1, most: 100_000, isWhole: true },
  batchSize: { least: 1, most: 64, isWhole: true },
  accumulation: { least: 1, most: 32, isWhole: true },
  sequenceLength: { least: 16, most: 512, isWhole: true },
  validationShare: { least: 0, most: 0.5, isWhole: false },
  evaluateEvery: { least: 0, most: 10_000, isWhole: true },
  seed: { least: 0, most: 0xffffffff, isWhole: true },
} as const satisfies Partial<Record<keyof TrainingSettings, { least: number; most: number; isWhole: boolean }>>

interface Field {
  readonly key: string
  readonly write: (settings: TrainingSettings) => string
  /** What the text says, or nothing. */
  readonly read: (text: string) => Partial<TrainingSettings>
}

const fields: readonly Field[] = [
  choice('precision', 'precision', precisions),
  number('rank', 'rank'),
  number('alpha', 'alpha'),
  flag('rslora', 'usesRsLora'),
  number('dropout', 'dropout'),
  {
    key: 'targets',
    write: ({ targets }) =>
      allLinearNames
        .filter((name) => targets.includes(name))
        .map(shortName)
        .join('.'),
    read: (text) => {
      const targets = allLinearNames.filter((name) => text.split('.').includes(shortName(name)))
      return targets.length > 0 ? { targets } : {}
    },
  },
  number('lr', 'learningRate'),
  choice('schedule', 'schedule', ['constant', 'linear', 'cosine']),
  number('warmup', 'warmupSteps'),
  number('decay', 'weightDecay'),
  number('clip', 'maxGradientNorm'),
  number('steps', 'steps'),
  number('batch', 'batchSize'),
  number('accumulation', 'accumulation'),
  number('length', 'sequenceLength'),
  flag('checkpointing', 'usesCheckpointing'),
  number('validation', 'validationShare'),
  number('evaluate', 'evaluateEvery'),
  number('seed', 'seed'),
]

const allLinearNames: readonly LinearName[] = [...linearNames, ...gpt2LinearNames]

function shortName(name: LinearName): string {
  return name.replace('_proj', '').replace('.', '-')
}

function number(key: string, name: keyof typeof bounds): Field {
  const { least, most, isWhole } = bounds[name]
  return {
    key,
    write: (settings) => String(settings[name]),
    read: (text) => {
      const value = text.trim() === '' ? Number.NaN : Number(text)
      const isRight = value >= least && value <= most && (!isWhole || Number.isInteger(value))
      return isRight ? { [name]: value } : {}
    },
  }
}

function flag(key: string, name: 'usesRsLora' | 'usesCheckpointing'): Field {
  return {
    key,
    write: (settings) => (settings[name] ? '1' : '0'),
    read: (text) => (text === '1' || text === '0' ? { [name]: text === '1' } : {}),
  }
}

function choice(key: string, name: 'precision' | 'schedule', values: readonly string[]): Field {
  return {
    key,
    write: (settings) => settings[name],
    read: (text) => (values.includes(text) ? { [name]: text } : {}),
  }
}
