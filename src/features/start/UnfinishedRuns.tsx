import { Button } from '../../components/Button'
import { Notice } from '../../components/Notice'
import { useQuestion } from '../../components/useQuestion'
import type { UnfinishedRun } from '../../engine/api'
import { useRoute } from '../../stores/route'
import { isAlive, useRun } from '../../stores/run'
import { useFormat, useTexts } from '../../strings/useTexts'
import { startTexts } from './texts'

/** Runs that a closed tab left behind. */
export function UnfinishedRuns() {
  const unfinished = useRun((state) => state.unfinished)
  const isRunning = useRun((state) => isAlive(state.state))
  if (isRunning) return null
  return unfinished.map((run) => <Unfinished key={run.runId} run={run} />)
}

function Unfinished({ run }: { readonly run: UnfinishedRun }) {
  const texts = useTexts(startTexts)
  const format = useFormat()
  const { resumeUnfinished, discardUnfinished } = useRun.getState()
  const { ask, question } = useQuestion({
    title: texts.discardTitle,
    body: texts.discardBody(format.count(run.step)),
    yes: texts.discardYes,
    no: texts.discardNo,
    onYes: () => void discardUnfinished(run.runId),
  })
  return (
    <>
      <Notice
        kind="note"
        title={texts.unfinishedTitle(run.corpusName)}
        actions={
          <>
            <Button
              kind="main"
              onClick={() => {
                useRoute.getState().go('train')
                void resumeUnfinished(run.runId)
              }}
            >
              {texts.resume}
            </Button>
            <Button onClick={ask}>{texts.discard}</Button>
          </>
        }
      >
        <p>
          {texts.unfinishedBody(format.count(run.step), format.count(run.settings.steps), format.moment(run.savedAt))}
        </p>
      </Notice>
      {question}
    </>
  )
}
