// The place of the run: its one next step, what it says, its curves, its memory and what the model writes.
import { useTexts, useFormat } from '../../strings/useTexts'
import { PlaceFrame } from '../../components/Place'
import { useRun } from '../../stores/run'
import { CurvesSection } from './CurvesSection'
import { MemorySection } from './MemorySection'
import { RunControls } from './RunControls'
import { RunFigures } from './RunFigures'
import { RunNotice } from './RunNotice'
import { SamplesSection } from './SamplesSection'
import { trainingTexts } from './texts'

export function TrainPlace() {
  const text = useTexts(trainingTexts)
  const format = useFormat()
  const settings = useRun((run) => run.settings)
  const corpusName = useRun((run) => run.corpusName)
  const isIdle = useRun((run) => run.state.name === 'idle')
  const lead =
    isIdle || !settings ? text.leadIdle : text.leadRun(corpusName, settings.precision, format.count(settings.rank))
  return (
    <PlaceFrame title={text.title} lead={lead} next={<RunControls />}>
      <RunNotice />
      {!isIdle && <RunFigures />}
      <CurvesSection />
      <SamplesSection />
      <MemorySection />
    </PlaceFrame>
  )
}
