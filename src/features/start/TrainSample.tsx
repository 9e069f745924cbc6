import { Button } from '../../components/Button'
import { useCapability } from '../../stores/capability'
import { useLocale } from '../../stores/locale'
import { useModel } from '../../stores/model'
import { useRoute } from '../../stores/route'
import { isAlive, useRun } from '../../stores/run'
import { useSettings } from '../../stores/settings'
import { useIsFree } from '../../stores/useIsFree'
import { useFormat, useTexts } from '../../strings/useTexts'
import style from './TrainSample.module.css'
import { startTexts } from './texts'
import { trainOnSample } from './trainOnSample'

/** The one button. */
export function TrainSample({ sampleId }: { readonly sampleId: string | null }) {
  const texts = useTexts(startTexts)
  const format = useFormat()
  const language = useLocale((state) => state.language)
  const hasDevice = useCapability((state) => state.state.name === 'ready')
  const isFree = useIsFree()
  const isRunning = useRun((state) => isAlive(state.state))
  const steps = useSettings((state) => state.settings.steps)
  const { fileBytes } = useModel((state) => state.embedded)
  if (isRunning) {
    return (
      <div className={style.train}>
        <Button kind="main" isLarge onClick={() => useRoute.getState().go('train')}>
          {texts.watch}
        </Button>
        <p className={style.about}>{texts.runAlive}</p>
      </div>
    )
  }
  return (
    <div className={style.train}>
      <Button
        kind="main"
        isLarge
        disabled={!isFree || sampleId === null}
        onClick={() => {
          if (sampleId) void trainOnSample(sampleId, language)
        }}
      >
        {texts.trainSample}
      </Button>
      <p className={style.about}>
        {hasDevice && !isFree ? texts.waits : texts.aboutRun(format.count(steps), format.bytes(fileBytes))}
      </p>
    </div>
  )
}
