import { Figure, Figures } from '../../components/Figure'
import { Section } from '../../components/Place'
import { Term } from '../../components/Term'
import { useSettings } from '../../stores/settings'
import type { PreparedCorpus } from '../../text/types'
import { useFormat, useTexts } from '../../strings/useTexts'
import { dataTexts } from './texts'

/** Below this a tokenizer spells a text rather than reads it: bytes and fragments instead of words. */
const COSTLY_CHARACTERS_PER_TOKEN = 1.5

export function Counts({ corpus }: { readonly corpus: PreparedCorpus }) {
  const texts = useTexts(dataTexts)
  const format = useFormat()
  const { steps, batchSize, accumulation } = useSettings((state) => state.settings)
  const { statistics, train } = corpus
  const epochs = (steps * batchSize * accumulation) / train.sequences
  const isCostly = statistics.charactersPerToken < COSTLY_CHARACTERS_PER_TOKEN
  return (
    <Section title={texts.countsTitle}>
      <Figures>
        <Figure label={texts.documents} value={format.count(statistics.documents)} />
        <Figure label={texts.characters} value={format.count(statistics.characters)} />
        <Figure label={texts.tokens} value={format.count(statistics.tokens)} />
        <Figure
          label={<Term word={texts.charactersPerToken} meaning={texts.charactersPerTokenMeaning} />}
          value={format.significant(statistics.charactersPerToken)}
          note={isCostly ? texts.isCostly : undefined}
        />
        <Figure
          label={texts.trainedTokens}
          value={format.count(statistics.trainedTokens)}
          note={texts.trainedTokensNote}
        />
        <Figure
          label={texts.sequences}
          value={format.count(train.sequences)}
          note={texts.sequencesNote(format.count(train.sequenceLength))}
        />
        <Figure label={texts.epochs} value={format.rough(epochs)} note={texts.epochsNote(format.count(steps))} />
      </Figures>
    </Section>
  )
}
