// What needs to be said about the run as a whole: what it changed, what ended it, what it warned of.
import { ErrorNotice, Notice } from '../../components/Notice'
import { AppError } from '../../base/errors'
import type { RunResult } from '../../engine/api'
import { useRun } from '../../stores/run'
import { runHistory } from '../../stores/runHistory'
import { useFormat, useTexts } from '../../strings/useTexts'
import { outcomeOf } from './outcome'
import { trainingTexts } from './texts'

export function RunNotice() {
  const state = useRun((run) => run.state)
  return (
    <>
      {state.name === 'finished' && <OutcomeNotice result={state.result} />}
      {state.name === 'failed' && <ErrorNotice error={state.error} />}
      <Warnings />
    </>
  )
}

function OutcomeNotice({ result }: { readonly result: RunResult }) {
  const text = useTexts(trainingTexts)
  const format = useFormat()
  const outcome = outcomeOf(result.baseValidationLoss, result.bestValidationLoss)
  const { bestStep } = result
  const after = (
    <p>
      {result.end === 'stopped' && `${text.stoppedAt(format.count(result.steps))} `}
      {bestStep === null ? text.keptLast : text.keptBest(format.count(bestStep))}{' '}
      {text.took(format.count(result.steps), format.duration(result.elapsedMs))}
    </p>
  )
  if (outcome.kind === 'unmeasured') {
    return (
      <Notice kind="note" title={text.unmeasured} isLive>
        {after}
      </Notice>
    )
  }
  const base = format.loss(outcome.baseLoss)
  const best = format.loss(outcome.bestLoss)
  const [kind, title, next] = {
    better: ['good', text.better(base, best, format.percent(outcome.lowered)), null] as const,
    unchanged: ['warning', text.unchanged(base, best), text.unchangedNext] as const,
    worse: ['wrong', text.worse(base, best), text.worseNext] as const,
  }[outcome.kind]
  return (
    <Notice kind={kind} title={title} isLive>
      <p>
        {text.perplexity(format.significant(outcome.basePerplexity), format.significant(outcome.bestPerplexity))} {next}
      </p>
      {after}
    </Notice>
  )
}

/** Each kind of warning once, with the step where it last appeared. */
function Warnings() {
  const text = useTexts(trainingTexts)
  const format = useFormat()
  useRun((run) => run.version)
  const byCode = new Map(runHistory.warnings.map((warning) => [warning.code, warning]))
  return [...byCode.values()].map(({ code, step, details }) => (
    <ErrorNotice
      key={code}
      kind="warning"
      error={new AppError(code, { message: text.warningAt(format.count(step)), details })}
    />
  ))
}
