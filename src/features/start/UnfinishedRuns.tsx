import { useRef } from 'react'
import { Button } from '../../components/Button'
import { Notice } from '../../components/Notice'
import type { UnfinishedRun } from '../../engine/api'
import { useRoute } from '../../stores/route'
import { isAlive, useRun } from '../../stores/run'
import { useFormat, useTexts } from '../../strings/useTexts'
import style from './UnfinishedRuns.module.css'
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
  const question = useRef<HTMLDialogElement>(null)
  const { resumeUnfinished, discardUnfinished } = useRun.getState()
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
            <Button onClick={() => question.current?.showModal()}>{texts.discard}</Button>
          </>
        }
      >
        <p>
          {texts.unfinishedBody(format.count(run.step), format.count(run.settings.steps), format.moment(run.savedAt))}
        </p>
      </Notice>
      <dialog ref={question} aria-labelledby={`discard-${run.runId}`}>
        <div className={style.question}>
          <h2 id={`discard-${run.runId}`}>{texts.discardTitle}</h2>
          <p>{texts.discardBody(format.count(run.step))}</p>
          <div className={style.answers}>
            <Button kind="main" onClick={() => void discardUnfinished(run.runId)}>
              {texts.discardYes}
            </Button>
            <Button onClick={() => question.current?.close()}>{texts.discardNo}</Button>
          </div>
        </div>
      </dialog>
    </>
  )
}
