// The buttons of a run. Which ones there are follows from its state, so none can be pressed in vain.
import { Button } from '../../components/Button'
import { useCapability } from '../../stores/capability'
import { useDataset } from '../../stores/dataset'
import { useRoute } from '../../stores/route'
import { useRun } from '../../stores/run'
import { useSettings } from '../../stores/settings'
import { useIsFree } from '../../stores/useIsFree'
import { useFormat, useTexts } from '../../strings/useTexts'
import { trainingTexts } from './texts'

export function RunControls() {
  const text = useTexts(trainingTexts)
  const state = useRun((run) => run.state)
  const { pause, resume, stop } = useRun.getState()
  const go = useRoute((route) => route.go)
  switch (state.name) {
    case 'idle':
      return <StartButton isAgain={false} />
    case 'starting':
      return (
        <Button kind="main" isBusy>
          {text.starting}
        </Button>
      )
    case 'running':
      return (
        <>
          <Button onClick={() => void stop()}>{text.stop}</Button>
          <Button kind="main" onClick={() => void pause()}>
            {text.pause}
          </Button>
        </>
      )
    case 'pausing':
      return (
        <>
          <Button onClick={() => void stop()}>{text.stop}</Button>
          <Button kind="main" isBusy>
            {text.pausing}
          </Button>
        </>
      )
    case 'paused':
      return (
        <>
          <Button onClick={() => void stop()}>{text.stop}</Button>
          <Button kind="main" onClick={() => void resume()}>
            {text.resume}
          </Button>
        </>
      )
    case 'stopping':
      return (
        <Button kind="main" isBusy>
          {text.stopping}
        </Button>
      )
    case 'finished':
      return (
        <>
          <Button onClick={() => go('model')}>{text.again}</Button>
          <Button kind="main" onClick={() => go('compare')}>
            {text.compare}
          </Button>
        </>
      )
    case 'failed': {
      // The same settings would fail the same way.
      const isOfSettings = state.error.code === 'run/not-finite' || state.error.code === 'run/settings-invalid'
      if (isOfSettings) {
        return (
          <Button kind="main" onClick={() => go('model')}>
            {text.toSettings}
          </Button>
        )
      }
      return (
        <>
          <Button onClick={() => go('model')}>{text.toSettings}</Button>
          <StartButton isAgain />
        </>
      )
    }
    default:
      return state satisfies never
  }
}

/** Starts a run, or leads to what is missing for one. */
function StartButton({ isAgain }: { readonly isAgain: boolean }) {
  const text = useTexts(trainingTexts)
  const format = useFormat()
  const steps = useSettings(({ settings }) => settings.steps)
  const hasText = useDataset(({ state }) => state.name === 'ready')
  const go = useRoute((route) => route.go)
  const start = useRun((run) => run.start)
  const hasDevice = useCapability((capability) => capability.state.name === 'ready')
  const isFree = useIsFree()
  const unfinished = useRun((run) => run.unfinished[0])
  if (isAgain && unfinished) {
    return (
      <Button kind="main" onClick={() => void useRun.getState().resumeUnfinished(unfinished.runId)}>
        {text.resumeFrom(format.count(unfinished.step))}
      </Button>
    )
  }
  if (!hasText) {
    return (
      <Button kind="main" onClick={() => go('data')}>
        {text.chooseText}
      </Button>
    )
  }
  if (hasDevice && !isFree) {
    return (
      <Button kind="main" isBusy>
        {text.waits}
      </Button>
    )
  }
  return (
    <Button kind="main" disabled={!hasDevice} onClick={() => void start()}>
      {isAgain ? text.tryAgain(format.count(steps)) : text.train(format.count(steps))}
    </Button>
  )
}
