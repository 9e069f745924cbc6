import { describe, expect, test } from 'vitest'
import { linearNames } from '../../../src/engine/api'
import { checkSettings } from '../../../src/engine/checkSettings'
import { presets } from '../../../src/engine/presets'
import { parseFlags } from '../../../src/terminal/flags'
import {
  flagOfSetting,
  precisions,
  settingOfFlag,
  settingsFlags,
  settingsOf,
} from '../../../src/terminal/trainingFlags'
import { tinyConfig } from '../../helpers/tinyModel'

const llama = { linears: linearNames }
const gpt2 = { linears: ['c_attn', 'attn.c_proj', 'c_fc', 'mlp.c_proj'] as const }

function settings(args: readonly string[], options: Partial<Parameters<typeof settingsOf>[1]> = {}) {
  const { values } = parseFlags(settingsFlags, args)
  return settingsOf(values, { preset: 'balanced', precision: 'f32', model: llama, ...options })
}

describe('settings from flags', () => {
  test('without flags are the page’s balanced preset', () => {
    expect(settings([])).toEqual(presets.balanced)
  })

  test('every setting but the precision has a flag', () => {
    const names = Object.keys(presets.balanced).filter((name) => name !== 'precision')
    expect(Object.values(settingOfFlag).toSorted()).toEqual(names.toSorted())
    expect(Object.keys(settingsFlags).toSorted()).toEqual(Object.keys(settingOfFlag).toSorted())
  })

  test('take the place of the preset’s, zeros too', () => {
    const args = ['--rank', '3', '--clip', '0', '--validation-share', '0', '--rslora', '--checkpointing']
    expect(settings(args, { preset: 'thorough', precision: 'int8' })).toEqual({
      ...presets.thorough,
      precision: 'int8',
      rank: 3,
      maxGradientNorm: 0,
      validationShare: 0,
      usesRsLora: true,
      usesCheckpointing: true,
    })
  })

  test.each(Object.entries(precisions))('store a base in %s', (flag, precision) => {
    expect(settings([], { precision: flag as keyof typeof precisions }).precision).toBe(precision)
  })

  test('know the targets of the model at hand', () => {
    expect(settings(['--targets', 'v_proj,q_proj']).targets).toEqual(['v_proj', 'q_proj'])
    expect(settings(['--targets', 'all'], { model: gpt2 }).targets).toEqual(gpt2.linears)
    expect(settings([], { preset: 'quick', model: gpt2 }).targets).toEqual(gpt2.linears)
    expect(() => settings(['--targets', 'q_proj'], { model: gpt2 })).toThrow(
      '--targets: q_proj is not one of c_attn, attn.c_proj, c_fc, mlp.c_proj, or all',
    )
  })

  test('have a whole alpha, which is all that an adapter’s files can say', () => {
    expect(() => settings(['--alpha', '2.5'])).toThrow('--alpha: 2.5 is not a whole number from 1 to 1000000')
    expect(() => checkSettings({ ...presets.balanced, sequenceLength: 8, alpha: 2.5 }, tinyConfig)).toThrow(
      'alpha is 2.5, allowed: 1 to 1000000',
    )
  })

  test('are named by their flags in errors', () => {
    expect(flagOfSetting('sequenceLength')).toBe('--length')
    expect(flagOfSetting('precision')).toBeNull()
  })
})
