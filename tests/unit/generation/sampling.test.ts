import { describe, expect, test } from 'vitest'
import { probabilityOf, sampleToken } from '../../../src/generation/sampling'

const logits = Float32Array.from([Math.log(0.1), Math.log(0.6), Math.log(0.25), Math.log(0.05)])
const sampling = { temperature: 1, topK: 0, topP: 1, seed: 3, maxTokens: 1 }

function shares(settings: Partial<typeof sampling>, draws = 4000): number[] {
  const counts = [0, 0, 0, 0]
  for (let position = 0; position < draws; position++) {
    const token = sampleToken(logits, { ...sampling, ...settings }, position)
    counts[token] = (counts[token] ?? 0) + 1 / draws
  }
  return counts
}

test('a token has the probability of the model, whatever is drawn', () => {
  expect(probabilityOf(2, logits)).toBeCloseTo(0.25)
  expect(
    probabilityOf(
      2,
      logits.map((logit) => logit + 500),
    ),
  ).toBeCloseTo(0.25, 3)
})

describe('sampleToken', () => {
  test('temperature 0 takes the likeliest', () => {
    expect(sampleToken(logits, { ...sampling, temperature: 0 }, 0)).toBe(1)
  })
  test('the same seed and position give the same token', () => {
    expect(sampleToken(logits, sampling, 9)).toBe(sampleToken(logits, sampling, 9))
  })
  test('draws follow the probabilities', () => {
    // Four standard errors of a share of 4000 draws are at most 0.032.
    for (const [token, expected] of [0.1, 0.6, 0.25, 0.05].entries()) {
      expect(Math.abs((shares({})[token] ?? 0) - expected)).toBeLessThan(0.032)
    }
  })
  test('top-k keeps the k likeliest', () => {
    const [first, , , last] = shares({ topK: 2 })
    expect([first, last]).toEqual([0, 0])
  })
  test('top-p keeps the smallest set that reaches p', () => {
    const [first, , third, last] = shares({ topP: 0.6 })
    expect([first, third, last]).toEqual([0, 0, 0])
  })
})
