// A weighted sum against its definition: the base with w1 ΔW1 + w2 ΔW2 added to its weights.
import { describe, expect, test } from 'vitest'
import { familyOf, linearNamesOf, linearPath, type ModelConfig } from '../../../src/models/config'
import { declareAdapter, sliceOf, type LoraSettings } from '../../../src/models/lora'
import { sumOfAdapters, type AdapterTerm } from '../../../src/models/sumOfAdapters'
import { relativeNormError } from '../../../src/base/relativeNormError'
import { tinyBench, tinyLogits, tinyWeights, withDeltas, type Delta } from '../../helpers/tinyLogits'
import { tinyConfig, tinyFamilies, warmParameters } from '../../helpers/tinyModel'

function term(config: ModelConfig, settings: Partial<LoraSettings>, weight: number, seed: number): AdapterTerm {
  const whole = { rank: 3, alpha: 6, usesRsLora: false, targets: linearNamesOf(config), ...settings }
  return { settings: whole, parameters: warmParameters(declareAdapter(config, whole), seed), weight }
}

function deltasOf(config: ModelConfig, { settings, parameters, weight }: AdapterTerm): Delta[] {
  return declareAdapter(config, settings).pairs.map(({ layer, linear, rank, scale, a, b }) => ({
    path: linearPath(config, layer, linear),
    rank,
    scale: weight * scale,
    a: sliceOf(parameters, a),
    b: sliceOf(parameters, b),
  }))
}

describe.each(Object.entries({ llama: tinyConfig, gpt2: tinyFamilies.gpt2 }))('%s', (_, config) => {
  const [first, second, third] = linearNamesOf(config)
  const only = (...names: (string | undefined)[]) => linearNamesOf(config).filter((name) => names.includes(name))
  const cases: Record<string, readonly AdapterTerm[]> = {
    'two on the same linears': [term(config, {}, 1, 1), term(config, { rank: 5, alpha: 5 }, 0.5, 2)],
    'two that share one linear': [
      term(config, { targets: only(first, second) }, 0.7, 1),
      term(config, { targets: only(second, third), rank: 2, usesRsLora: true }, -1.3, 2),
    ],
    'ranks and alphas of single modules': [
      term(config, { rankPattern: { [String(first)]: 1 }, alphaPattern: { [String(second)]: 9 } }, 2, 1),
      term(config, { rank: 1, alpha: 3 }, 0.25, 2),
    ],
    'one with the weight 0': [term(config, {}, 1, 1), term(config, {}, 0, 2)],
  }

  test.each(Object.entries(cases))('%s', async (__, terms) => {
    const weights = await tinyWeights(config)
    const deltas = terms.flatMap((one) => deltasOf(config, one))
    const { settings, parameters } = sumOfAdapters(config, terms)
    const own = { adapter: declareAdapter(config, settings), parameters }
    const base = await tinyBench(config, withDeltas(weights, []))
    const logits = await tinyLogits(base, own)
    const merged = withDeltas(weights, deltas, familyOf(config))
    const expected = await tinyLogits(await tinyBench(config, merged), null)
    // As between a model with its adapter and the merged one: float32 sums of a few dozen terms.
    expect(relativeNormError(logits, expected)).toBeLessThan(1e-5)
    expect(relativeNormError(await tinyLogits(base, null), expected)).toBeGreaterThan(0.01)
  })

  test('what has no effect takes no rank', () => {
    const { settings } = sumOfAdapters(config, [term(config, {}, 1, 1), term(config, { rank: 7 }, 0, 2)])
    expect(settings).toMatchObject({ rank: 3, alpha: 3 })
    expect(settings.rankPattern).toBeUndefined()
  })
})

test('of nothing changes nothing', () => {
  const { settings, parameters } = sumOfAdapters(tinyConfig, [term(tinyConfig, {}, 0, 1)])
  expect(settings.rank).toBe(1)
  expect(parameters.every((value) => value === 0)).toBe(true)
})

test('ranks that add up to more than 256 are refused', () => {
  const large = term(tinyConfig, { rank: 128, targets: ['q_proj'] }, 1, 1)
  expect(sumOfAdapters(tinyConfig, [large, large]).settings.rank).toBe(256)
  expect(() => sumOfAdapters(tinyConfig, [large, large, term(tinyConfig, { rank: 1 }, 1, 2)])).toThrow(
    expect.objectContaining({ code: 'adapter/rank-too-large', details: { rank: 257, most: 256 } }),
  )
})
