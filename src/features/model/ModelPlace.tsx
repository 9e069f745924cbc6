// How the run is set up: presets and knobs on the left, what they will take and what may be wrong on the right.
import { useEffect } from 'react'
import { Button } from '../../components/Button'
import { PlaceFrame } from '../../components/Place'
import { useCapability } from '../../stores/capability'
import { useDataset } from '../../stores/dataset'
import { useModel } from '../../stores/model'
import { useRoute } from '../../stores/route'
import { isAlive, useRun } from '../../stores/run'
import { useSettings } from '../../stores/settings'
import { useFormat, useTexts } from '../../strings/useTexts'
import { AdvancedKnobs } from './AdvancedKnobs'
import { BaseModel } from './BaseModel'
import { EstimateSection } from './EstimateSection'
import { Knobs } from './Knobs'
import style from './Model.module.css'
import { PrecisionSwitch } from './PrecisionSwitch'
import { PreflightSection } from './PreflightSection'
import { PresetChoice } from './PresetChoice'
import { modelTexts } from './texts'

export function ModelPlace() {
  const text = useTexts(modelTexts)
  useLoadedModel()
  return (
    <PlaceFrame title={text.title} lead={text.lead} next={<NextButton />}>
      <div className={style.columns}>
        <div className={style.settings}>
          <BaseModel />
          <PresetChoice />
          <PrecisionSwitch />
          <Knobs />
          <AdvancedKnobs />
        </div>
        <div className={style.effects}>
          <EstimateSection />
          <PreflightSection />
        </div>
      </div>
    </PlaceFrame>
  )
}

/** What a run takes depends on the model's shapes; it is small and comes from the same host. */
function useLoadedModel(): void {
  const canLoad = useCapability(({ state }) => state.name === 'ready')
  useEffect(() => {
    const { state, load } = useModel.getState()
    if (canLoad && state.name === 'none') void load().catch(() => undefined) // `state` says what went wrong
  }, [canLoad])
}

function NextButton() {
  const text = useTexts(modelTexts)
  const format = useFormat()
  const steps = useSettings(({ settings }) => settings.steps)
  const isRunning = useRun((run) => isAlive(run.state))
  const hasText = useDataset(({ state }) => state.name === 'ready')
  const hasDevice = useCapability(({ state }) => state.name === 'ready')
  const hasTargets = useSettings(({ settings }) => settings.targets.length > 0)
  const go = useRoute((route) => route.go)
  if (isRunning) {
    return (
      <Button kind="main" isLarge onClick={() => go('train')}>
        {text.toRun}
      </Button>
    )
  }
  if (!hasText) {
    return (
      <Button kind="main" isLarge onClick={() => go('data')}>
        {text.chooseText}
      </Button>
    )
  }
  return (
    <Button
      kind="main"
      isLarge
      disabled={!hasDevice || !hasTargets}
      onClick={() => {
        go('train')
        void useRun.getState().start()
      }}
    >
      {text.train(format.count(steps))}
    </Button>
  )
}
