import { Button } from '../../components/Button'
import { Figure, Figures } from '../../components/Figure'
import { fitOfWeights } from '../../components/fit'
import { FitWord } from '../../components/FitWord'
import { ErrorNotice } from '../../components/Notice'
import { Section } from '../../components/Place'
import { useCapability } from '../../stores/capability'
import { useModel } from '../../stores/model'
import { useFormat, useTexts } from '../../strings/useTexts'
import style from './ModelCard.module.css'
import { startTexts } from './texts'

/** The model that comes with the page: what it is, what it takes, whether it fits. */
export function ModelCard() {
  const texts = useTexts(startTexts)
  const format = useFormat()
  const { embedded, state, load } = useModel()
  const capability = useCapability((store) => store.state)
  const device = capability.name === 'ready' ? capability.device : null
  const weightBytes = embedded.parameters * 4
  return (
    <Section
      title={texts.modelTitle}
      tools={
        <span className={style.state}>
          {embedded.name}, {state.name === 'ready' ? texts.modelOpen : texts.modelEmbedded}
        </span>
      }
    >
      <Figures>
        <Figure label={texts.modelParameters} value={format.short(embedded.parameters)} />
        <Figure label={texts.modelDownload} value={format.bytes(embedded.fileBytes)} />
        <Figure label={texts.modelNeeds} value={format.bytes(weightBytes)} unit="float32" />
      </Figures>
      <p className={style.about}>{texts.modelAbout}</p>
      {device ? (
        <p>
          <FitWord fit={fitOfWeights(weightBytes, device)} />.{' '}
          {texts.fitsBecause(format.bytes(weightBytes), format.bytes(device.maxBufferBytes))}
        </p>
      ) : (
        <p className={style.about}>{texts.fitsUnknown}</p>
      )}
      {state.name === 'failed' && <ErrorNotice error={state.error} />}
      {device && state.name !== 'ready' && (
        <div>
          <Button isBusy={state.name === 'loading'} onClick={() => void load().catch(() => undefined)}>
            {state.name === 'loading' ? texts.starting : texts.openModel}
          </Button>
        </div>
      )}
    </Section>
  )
}
