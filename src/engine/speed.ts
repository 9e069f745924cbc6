// How fast a model reads a prompt and writes on, whoever computes it.
import type { Measurement } from '../base/measurement'
import { summarize } from './measure'

/** Prompt tokens and answer tokens of a speed measurement, and how often it is repeated. */
const MEASURED_RUNS = 5
const MEASURED_DECODE_TOKENS = 16
const MEASURED_PROMPT_TOKENS = 64

/** Tokens that a measurement needs room for. */
export const MEASURED_TOKENS = MEASURED_PROMPT_TOKENS + MEASURED_DECODE_TOKENS

export interface Speed {
  readonly firstTokenMs: Measurement
  readonly prefillTokensPerSecond: Measurement
  readonly decodeTokensPerSecond: Measurement
}

export interface Decoder {
  /** Reads a text from its start. */
  prefill(tokens: readonly number[]): Promise<unknown>
  /** Reads one more token. */
  decode(token: number, position: number): Promise<unknown>
}

export async function measureSpeed(decoder: Decoder, vocabulary: number, now: () => number): Promise<Speed> {
  const prompt = Array.from({ length: MEASURED_PROMPT_TOKENS }, (_, index) => (17 + 31 * index) % vocabulary)
  const prefillMs: number[] = []
  const decodeMs: number[] = []
  for (let run = 0; run <= MEASURED_RUNS; run++) {
    const started = now()
    await decoder.prefill(prompt)
    const prefilled = now()
    for (let token = 0; token < MEASURED_DECODE_TOKENS; token++) {
      await decoder.decode(prompt[token] ?? 0, MEASURED_PROMPT_TOKENS + token)
    }
    if (run === 0) continue // the first run warms up
    prefillMs.push(prefilled - started)
    decodeMs.push((now() - prefilled) / MEASURED_DECODE_TOKENS)
  }
  return {
    firstTokenMs: summarize(prefillMs),
    prefillTokensPerSecond: summarize(prefillMs.map((ms) => (1000 * MEASURED_PROMPT_TOKENS) / ms)),
    decodeTokensPerSecond: summarize(decodeMs.map((ms) => 1000 / ms)),
  }
}
