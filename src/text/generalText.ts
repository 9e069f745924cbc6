// A plain text of no particular voice, written for Plume: how well a model still reads it after it learned another
// says what it forgot. Its figure compares models on this page with each other, and with nothing else.
import { buildTokenSet } from './batches'
import { makeSample } from './samples'
import type { TokenSet, Tokenizer } from './types'

export const GENERAL_TEXT = `Rivers begin small. Rain falls on a hill, some of it sinks into the ground, and some runs down the slope in threads that meet and become a stream. A stream has little power, yet it works day and night, and in a thousand years it can carry a whole valley to the sea, one grain after another. Where the land is flat the water slows, drops its sand, and turns in wide bends that move a little every spring.

The town stands in one of these bends. Its market is held on Saturdays, on the square behind the station, and people come from the villages with apples, eggs and honey. A woman who repairs clocks has a table near the fountain. She says that most clocks are not broken; they are only dirty, and need a drop of oil and an hour of patience. Children like to stand there because she lets them wind the springs.

Last year the bridge was closed for repairs. The engineers had found that two of its steel beams were thinner than the plans said, probably because of rust. Traffic was sent over the old road in the north, which took about twenty minutes longer. The shops near the bridge sold less, and the owner of the bakery wrote a letter to the council. The council answered that safety came first, and that the work would be finished before the end of October. It was finished in November.

Cooking is a kind of arithmetic that you can eat. If a recipe for four people asks for three hundred grams of flour, then six people need four hundred and fifty. Salt is different: it should be added slowly, and tasted, because it cannot be taken out again. A good cook also knows when to wait. Bread that is cut too early is damp inside, and a soup is better on the second day.

In the evening the light on the water turns from white to yellow and then to grey. The ferry makes its last journey at nine. The man who steers it has done so for thirty years and knows every stone. Asked whether it is not dull to cross the same river so often, he said that it had never been the same river, and that he would be glad to show anyone who had the time.
`

/** The text in sequences of the given length. */
export function generalSet(tokenizer: Tokenizer, sequenceLength: number): TokenSet {
  const sample = makeSample({ kind: 'text', text: GENERAL_TEXT }, { tokenizer })
  return buildTokenSet([sample], { sequenceLength, paddingId: tokenizer.endOfTextId })
}
