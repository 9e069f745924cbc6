import { Button } from '../../components/Button'
import { PlaceFrame } from '../../components/Place'
import { useDataset } from '../../stores/dataset'
import { useRoute } from '../../stores/route'
import { useTexts } from '../../strings/useTexts'
import { Counts } from './Counts'
import { Intake } from './Intake'
import { Lengths } from './Lengths'
import { Problems } from './Problems'
import { Split } from './Split'
import { dataTexts } from './texts'
import { TokenView } from './TokenView'

export function DataPlace() {
  const texts = useTexts(dataTexts)
  const state = useDataset((store) => store.state)
  const isReady = state.name === 'ready'
  const next = isReady && (
    <Button kind="main" onClick={() => useRoute.getState().go('model')}>
      {texts.next}
    </Button>
  )
  return (
    <PlaceFrame title={texts.title} lead={isReady ? texts.lead : texts.leadEmpty} next={next}>
      <Intake />
      {isReady && (
        <>
          <Problems corpus={state.corpus} />
          <TokenView corpus={state.corpus} />
          <Counts corpus={state.corpus} />
          <Lengths corpus={state.corpus} />
          <Split corpus={state.corpus} />
        </>
      )}
    </PlaceFrame>
  )
}
