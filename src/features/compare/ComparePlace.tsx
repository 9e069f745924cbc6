// Before and after, float32 and int8: the same prompt side by side, then the figures.
import { Button } from '../../components/Button'
import { Notice } from '../../components/Notice'
import { PlaceFrame } from '../../components/Place'
import { useAdapter } from '../../stores/adapter'
import { isOnProcessor, useCapability } from '../../stores/capability'
import { allCells, cellId } from '../../stores/comparedCells'
import { useComparison } from '../../stores/comparison'
import { useRoute } from '../../stores/route'
import { isAlive, useRun } from '../../stores/run'
import { useTexts } from '../../strings/useTexts'
import { AnswersSection } from './AnswersSection'
import { CellsSection } from './CellsSection'
import { LookInside } from './LookInside'
import { OnnxSection } from './OnnxSection'
import { ReportSection } from './ReportSection'
import { compareTexts } from './texts'
import { TrialSection } from './TrialSection'

export function ComparePlace() {
  const text = useTexts(compareTexts)
  const hasAdapter = useAdapter(({ state }) => state.name === 'ready')
  const isRunning = useRun((run) => isAlive(run.state))
  // On the processor our own plans run there: it would be a witness to itself.
  const hasWitness = !useCapability(isOnProcessor)
  return (
    <PlaceFrame title={text.title} lead={text.lead} next={<NextButton />}>
      {isRunning ? (
        <Notice kind="note" title={text.busy} />
      ) : (
        !hasAdapter && <Notice kind="note" title={text.noAdapter} />
      )}
      <AnswersSection />
      <CellsSection />
      {hasWitness && <OnnxSection />}
      <TrialSection />
      <LookInside />
      <ReportSection />
    </PlaceFrame>
  )
}

function NextButton() {
  const text = useTexts(compareTexts)
  const hasAdapter = useAdapter(({ state }) => state.name === 'ready')
  const isRunning = useRun((run) => isAlive(run.state))
  const hasAnswer = useComparison(({ answers }) =>
    allCells.some((key) => key.model === 'adapter' && answers[cellId(key)]),
  )
  const go = useRoute((route) => route.go)
  if (isRunning || !hasAdapter) {
    return (
      <Button kind="main" onClick={() => go('train')}>
        {isRunning ? text.toRun : text.toTrain}
      </Button>
    )
  }
  // Until something was compared, asking is the next step.
  return (
    <Button kind={hasAnswer ? 'main' : 'plain'} onClick={() => go('share')}>
      {text.share}
    </Button>
  )
}
