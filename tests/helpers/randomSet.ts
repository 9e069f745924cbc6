import { Random } from '../../src/base/random'
import { IGNORED_LABEL, type TokenSet } from '../../src/text/types'

/** Sequences of random tokens, each labelled with the one that follows it. */
export function randomSet(
  sequences: number,
  { sequenceLength, vocabulary, seed }: { sequenceLength: number; vocabulary: number; seed: number },
): TokenSet {
  const random = new Random(seed)
  const tokens = Uint32Array.from({ length: sequences * sequenceLength }, () => random.integer(vocabulary))
  const labels = tokens.map((_, i) => ((i + 1) % sequenceLength === 0 ? IGNORED_LABEL : (tokens[i + 1] ?? 0)))
  return { tokens, labels, sequenceLength, sequences, labelledTokens: sequences * (sequenceLength - 1) }
}
