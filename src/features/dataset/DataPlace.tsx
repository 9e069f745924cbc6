import { Button } from '../../components/Button'
import { PlaceFrame } from '../../components/Place'
import { corpusOf, useDataset } from '../../stores/dataset'
import { useRoute } from '../../stores/route'
import { useTexts } from '../../strings/useTexts'
import { columnsOfError } from '../../text/corpus/columns'
import { Columns } from './Columns'
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
  const corpus = corpusOf(state)
  const unreadColumns = state.name === 'failed' ? columnsOfError(state.error) : []
  const isReady = state.name === 'ready'
  const next = isReady && (
    <Button kind="main" onClick={() => useRoute.getState().go('model')}>
      {texts.next}
    </Button>
  )
  return (
    <PlaceFrame title={texts.title} lead={corpus ? texts.lead : texts.leadEmpty} next={next}>
      <Intake unreadColumns={unreadColumns} />
      {corpus && (
        <>
          <Problems corpus={corpus} />
          {corpus.table && unreadColumns.length === 0 && (
            <Columns columns={corpus.table.columns} mapping={corpus.table.mapping} />
          )}
          <TokenView corpus={corpus} />
          <Lengths corpus={corpus} />
          <Counts corpus={corpus} />
          <Split corpus={corpus} />
        </>
      )}
    </PlaceFrame>
  )
}
