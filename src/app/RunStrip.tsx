import { Button } from '../components/Button'
import { addressOf } from './address'
import { recentTokensPerSecond, remainingMs, runHistory } from '../stores/runHistory'
import { isAlive, useRun, type RunState } from '../stores/run'
import { useSettings } from '../stores/settings'
import { useFormat, useTexts } from '../strings/useTexts'
import { termTexts } from '../strings/terms'
import style from './RunStrip.module.css'
import { appTexts } from './texts'

/** While a run is alive: where it stands, on every place. */
export function RunStrip() {
  const state = useRun((store) => store.state)
  return isAlive(state) ? <AliveStrip state={state} /> : null
}

const stateTexts = {
  starting: 'stateStarting',
  running: 'stateRunning',
  pausing: 'statePausing',
  paused: 'statePaused',
  stopping: 'stateStopping',
} as const satisfies Partial<Record<RunState['name'], string>>

function AliveStrip({ state }: { readonly state: RunState }) {
  const texts = useTexts(appTexts)
  const terms = useTexts(termTexts)
  const format = useFormat()
  useRun((store) => store.version) // the history is read again when it says so
  const latest = useRun((store) => store.latest)
  const memory = useRun((store) => store.memory)
  const steps = useRun((store) => store.settings?.steps ?? 0)
  const query = useSettings((store) => store.toQuery())
  const { pause, resume } = useRun.getState()
  const step = latest?.step ?? 0
  const left = remainingMs(steps)
  const bytes = memory ? Object.values(memory).reduce((sum, one) => sum + one, 0) : null
  const word = texts[stateTexts[state.name as keyof typeof stateTexts]]
  return (
    <section className={style.strip} aria-label={texts.run}>
      <a className={style.state} href={addressOf('train', query)}>
        <span className={style.word}>{word}</span>
        <span className={style.quiet}>{texts.stepOf(format.count(step), format.count(steps))}</span>
      </a>
      <Spark label={texts.lossCurve} />
      <dl className={style.figures}>
        <Figure name={texts.loss} value={latest ? format.loss(latest.loss) : '–'} />
        <Figure
          name={texts.speed}
          value={recentTokensPerSecond() > 0 ? format.rate(recentTokensPerSecond()) : '–'}
          unit={terms.tokensPerSecond}
        />
        <Figure name={texts.timeLeft} value={left === null ? '–' : format.duration(left)} />
        <Figure name={texts.memory} value={bytes === null ? '–' : format.bytes(bytes)} isSpare />
      </dl>
      <div className={style.action}>
        {state.name === 'paused' ? (
          <Button onClick={() => void resume()}>{texts.resume}</Button>
        ) : (
          <Button disabled={state.name !== 'running'} onClick={() => void pause()}>
            {texts.pause}
          </Button>
        )}
      </div>
      <progress className={style.progress} value={step} max={Math.max(1, steps)} aria-label={texts.run} />
    </section>
  )
}

interface FigureProps {
  readonly name: string
  readonly value: string
  readonly unit?: string
  /** Gives way where there is no room. */
  readonly isSpare?: boolean
}

function Figure({ name, value, unit, isSpare = false }: FigureProps) {
  return (
    <div data-is-spare={isSpare || undefined}>
      <dt>{name}</dt>
      <dd>
        {value}
        {unit && value !== '–' && <span className={style.quiet}> {unit}</span>}
      </dd>
    </div>
  )
}

const SPARK_POINTS = 80
const SPARK_WIDTH = 96
const SPARK_HEIGHT = 28

/** The loss of the whole run as a line a word high. */
function Spark({ label }: { readonly label: string }) {
  const { steps } = runHistory
  const stride = Math.max(1, Math.ceil(steps.length / SPARK_POINTS))
  const losses = steps.filter((_, index) => index % stride === 0 || index === steps.length - 1).map((step) => step.loss)
  const most = Math.max(...losses)
  const range = most - Math.min(...losses) || 1
  const points = losses.map((loss, index) => {
    const x = (index / Math.max(1, losses.length - 1)) * SPARK_WIDTH
    const y = 2 + ((most - loss) / range) * (SPARK_HEIGHT - 4)
    return `${x.toFixed(1)},${y.toFixed(1)}`
  })
  return (
    <svg className={style.spark} viewBox={`0 0 ${SPARK_WIDTH} ${SPARK_HEIGHT}`} role="img" aria-label={label}>
      {points.length > 1 && <polyline points={points.join(' ')} />}
    </svg>
  )
}
