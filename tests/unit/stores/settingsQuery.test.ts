import { expect, test } from 'vitest'
import { presetNames, presets } from '../../../src/engine/presets'
import { precisions } from '../../../src/plan/precision'
import { readQuery, writeQuery } from '../../../src/stores/settingsQuery'

test.each(presetNames)('the preset %s needs no more than its name', (preset) => {
  const query = writeQuery({ preset, settings: presets[preset] })
  expect(query).toBe(preset === 'balanced' ? '' : `preset=${preset}`)
  expect(readQuery(query)).toEqual({ preset, settings: presets[preset] })
})

test('every changed setting comes back', () => {
  const settings = {
    ...presets.quick,
    precision: 'int8',
    rank: 16,
    learningRate: 5e-4,
    targets: ['q_proj', 'down_proj'],
    usesRsLora: true,
    validationShare: 0.25,
    seed: 7,
  } as const
  const query = writeQuery({ preset: 'quick', settings })
  expect(query).toContain('rank=16')
  expect(readQuery(query)).toEqual({ preset: 'quick', settings })
})

test.each(precisions)('a link can say %s', (precision) => {
  const settings = { ...presets.balanced, precision }
  expect(readQuery(writeQuery({ preset: 'balanced', settings }))).toEqual({ preset: 'balanced', settings })
})

test.each([
  'rank=0',
  'rank=2.5',
  'rank=',
  'rank=1e9',
  'lr=NaN',
  'lr=-1',
  'steps=Infinity',
  'precision=int4',
  'targets=lm_head',
  'rslora=yes',
  'preset=best',
  'unknown=1',
])('a link with %s changes nothing', (query) => {
  expect(readQuery(query)).toEqual({ preset: 'balanced', settings: presets.balanced })
})
