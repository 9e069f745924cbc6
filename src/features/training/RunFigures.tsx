// Where the run is, in figures: step, loss, speed, time left. Read four times a second at most.
import { Figure, Figures } from '../../components/Figure'
import { Progress } from '../../components/Progress'
import { pinnedPrompts, useRun } from '../../stores/run'
import { recentTokensPerSecond, remainingMs, runHistory } from '../../stores/runHistory'
import { termTexts } from '../../strings/terms'
import { useFormat, useTexts } from '../../strings/useTexts'
import style from './Training.module.css'
import { trainingTexts } from './texts'

export function RunFigures() {
  const text = useTexts(trainingTexts)
  const terms = useTexts(termTexts)
  const format = useFormat()
  const name = useRun((run) => run.state.name)
  const latest = useRun((run) => run.latest)
  const validation = useRun((run) => run.latestValidation)
  const steps = useRun((run) => run.settings?.steps ?? 0)
  const holdsOut = useRun((run) => (run.settings?.validationShare ?? 0) > 0)
  useRun((run) => run.version)
  const step = latest?.step ?? 0
  const speed = recentTokensPerSecond()
  const left = remainingMs(steps)
  const checkpoint = runHistory.checkpoints.at(-1)
  const hasStartToMeasure = holdsOut || pinnedPrompts().length > 0
  const isOver = name === 'finished' || name === 'failed'
  return (
    <div className={style.figures}>
      {!isOver && (
        <Progress label={labelOf()} share={name === 'starting' ? null : step / Math.max(1, steps)} note={note()} />
      )}
      <Figures>
        <Figure label={text.step} value={format.count(step)} unit={text.ofSteps(format.count(steps))} />
        <Figure label={text.loss} value={latest ? format.loss(latest.loss) : '–'} unit={text.nats} />
        <Figure
          label={text.validationLoss}
          value={validation ? format.loss(validation.loss) : '–'}
          spread={validation ? text.atStep(format.count(validation.step)) : undefined}
        />
        <Figure label={text.speed} value={speed > 0 ? format.rate(speed) : '–'} unit={terms.tokensPerSecond} />
        {!isOver && <Figure label={text.timeLeft} value={left === null ? '–' : format.duration(left)} />}
      </Figures>
    </div>
  )

  function labelOf(): string {
    if (name === 'starting') return text.stateStarting
    if (name === 'paused') return text.statePaused(format.count(step))
    if (name === 'pausing') return text.statePausing
    if (name === 'stopping') return text.stateStopping
    return text.stateRunning(format.count(step), format.count(steps))
  }

  function note(): string | undefined {
    if (name === 'starting') return text.stateStartingNote
    if (name === 'running' && step === 1 && hasStartToMeasure) return text.measuringBase
    if (checkpoint) return text.checkpoint(format.count(checkpoint.step))
    return undefined
  }
}
