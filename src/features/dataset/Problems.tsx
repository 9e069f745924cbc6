import { Button } from '../../components/Button'
import { Section } from '../../components/Place'
import { useDataset } from '../../stores/dataset'
import { useModel } from '../../stores/model'
import { useSettings } from '../../stores/settings'
import { fixOfProblem, type PreparedCorpus, type Problem, type ProblemKind } from '../../text/types'
import { useFormat, useTexts } from '../../strings/useTexts'
import style from './Problems.module.css'
import { dataTexts, fixedTexts, fixTexts, undoTexts } from './texts'

const MOST_LINES = 6
/** Until a model says how far it can look. */
const MOST_LENGTH = 512

/** Those that nothing was done about yet, and that change what a run learns. The others are told, and settled. */
const openKinds: ReadonlySet<ProblemKind> = new Set([
  'duplicate-documents',
  'samples-truncated',
  'samples-without-trained-tokens',
  'tokenizer-poor-fit',
  'quote-not-closed',
  'template-refused',
])

/** What stands out in the corpus and does not stop a run; nothing at all when nothing does. */
export function Problems({ corpus }: { readonly corpus: PreparedCorpus }) {
  const texts = useTexts(dataTexts)
  const fixes = useDataset((store) => store.fixes)
  const isOpen = ({ kind }: Problem) => {
    const fix = fixOfProblem[kind]
    return openKinds.has(kind) && !(fix && fixes.includes(fix))
  }
  const sorted = [...corpus.problems].sort((a, b) => Number(isOpen(b)) - Number(isOpen(a)))
  if (sorted.length === 0) return null
  return (
    <Section title={texts.problemsTitle} note={texts.problemsNote}>
      <ul className={style.problems}>
        {sorted.map((problem) => (
          <li key={`${problem.kind} ${problem.file}`} data-is-open={isOpen(problem) || undefined}>
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
  const words = { apply: useTexts(fixTexts), undo: useTexts(undoTexts), done: useTexts(fixedTexts) }
  const format = useFormat()
  const fixes = useDataset((store) => store.fixes)
  const toggleFix = useDataset((store) => store.toggleFix)
  const change = useSettings((state) => state.change)
  const sequenceLength = useSettings((state) => state.settings.sequenceLength)
  const most = useModel((state) => (state.state.name === 'ready' ? state.state.info.maxTokens : MOST_LENGTH))
  const fix = fixOfProblem[problem.kind]
  const isFixed = fix !== undefined && fixes.includes(fix)
  const isTooShort = problem.kind === 'samples-truncated' || problem.kind === 'samples-without-trained-tokens'
  const better = Math.min(most, Math.ceil(longest / 32) * 32)
  const count = format.count(problem.count)
  return (
    <>
      <p>
        {isFixed ? words.done[fix](count) : texts[problem.kind](count)}
        <span className={style.where}>{whereIs(problem)}</span>
      </p>
      <div className={style.actions}>
        {isTooShort && !isFixed && better > sequenceLength && (
          <Button onClick={() => change({ sequenceLength: better })}>{texts.raiseLength(format.count(better))}</Button>
        )}
        {fix && (
          <Button kind={isFixed ? 'quiet' : 'plain'} onClick={() => toggleFix(fix)}>
            {isFixed ? words.undo[fix] : words.apply[fix]}
          </Button>
        )}
      </div>
    </>
  )

  function whereIs({ file, lines, count: all }: Problem): string {
    const shown = lines.slice(0, MOST_LINES).map(format.count).join(', ')
    const numbers = shown && all > Math.min(lines.length, MOST_LINES) ? `${shown}, ${texts.moreLines}` : shown
    if (file) return ` ${texts.inFile(file, numbers)}`
    return numbers ? ` ${texts.inLines(numbers)}` : ''
  }
}
