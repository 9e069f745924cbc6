import { Button } from '../../components/Button'
import { Section } from '../../components/Place'
import { useModel } from '../../stores/model'
import { useSettings } from '../../stores/settings'
import type { PreparedCorpus, Problem } from '../../text/types'
import { useFormat, useTexts } from '../../strings/useTexts'
import style from './Problems.module.css'
import { dataTexts } from './texts'

const MOST_LINES = 6
/** Until a model says how far it can look. */
const MOST_LENGTH = 512

/** What stands out in the corpus and does not stop a run; nothing at all when nothing does. */
export function Problems({ corpus }: { readonly corpus: PreparedCorpus }) {
  const texts = useTexts(dataTexts)
  if (corpus.problems.length === 0) return null
  return (
    <Section title={texts.problemsTitle}>
      <ul className={style.problems}>
        {corpus.problems.map((problem) => (
          <li key={`${problem.kind} ${problem.file}`}>
            <ProblemRow problem={problem} longest={corpus.statistics.longestDocumentTokens} />
          </li>
        ))}
      </ul>
    </Section>
  )
}

interface ProblemRowProps {
  readonly problem: Problem
  readonly longest: number
}

function ProblemRow({ problem, longest }: ProblemRowProps) {
  const texts = useTexts(dataTexts)
  const format = useFormat()
  const change = useSettings((state) => state.change)
  const sequenceLength = useSettings((state) => state.settings.sequenceLength)
  const most = useModel((state) => (state.state.name === 'ready' ? state.state.info.maxTokens : MOST_LENGTH))
  const isTooShort = problem.kind === 'samples-truncated' || problem.kind === 'samples-without-trained-tokens'
  const better = Math.min(most, Math.ceil(longest / 32) * 32)
  return (
    <>
      <p>
        {texts[problem.kind](format.count(problem.count))}
        <span className={style.where}>{whereIs(problem)}</span>
      </p>
      {isTooShort && better > sequenceLength && (
        <Button onClick={() => change({ sequenceLength: better })}>{texts.raiseLength(format.count(better))}</Button>
      )}
    </>
  )

  function whereIs({ file, lines, count }: Problem): string {
    const shown = lines.slice(0, MOST_LINES).map(format.count).join(', ')
    const numbers = shown && count > Math.min(lines.length, MOST_LINES) ? `${shown}, ${texts.moreLines}` : shown
    if (file) return ` ${texts.inFile(file, numbers)}`
    return numbers ? ` ${texts.inLines(numbers)}` : ''
  }
}
