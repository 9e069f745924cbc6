// The model with the adapter merged in: for programs that know no adapters.
import { Button } from '../../components/Button'
import { Choice } from '../../components/Choice'
import { ErrorNotice, Notice } from '../../components/Notice'
import { Section } from '../../components/Place'
import { Progress } from '../../components/Progress'
import { saveFile } from '../../components/saveFile'
import { mergedBytes, mergedDTypes, type MergedDType } from '../../engine/api'
import { useMerging } from '../../stores/merging'
import { useModel } from '../../stores/model'
import { useFormat, useTexts } from '../../strings/useTexts'
import style from './Share.module.css'
import { shareTexts } from './texts'

const ZIP_NAME = 'plume-model.zip'

export function MergedSection() {
  const text = useTexts(shareTexts)
  const format = useFormat()
  const { state, dtype } = useMerging()
  const { merge, setDType } = useMerging.getState()
  const parameters = useModel((model) => (model.state.name === 'ready' ? model.state.info.parameters : null))
  const isMerging = state.name === 'merging'
  if (parameters === null) return null
  const allBytes = mergedBytes(parameters, dtype)
  return (
    <Section title={text.merged} note={text.mergedNote}>
      <div className={style.merge}>
        <Choice<MergedDType>
          legend={text.mergedType}
          isLegendHidden
          value={dtype}
          onChange={setDType}
          options={mergedDTypes.map((value) => ({
            value,
            label: value,
            hint: format.bytes(mergedBytes(parameters, value)),
            isDisabled: isMerging,
          }))}
        />
        <Button isBusy={isMerging} onClick={() => void merge()}>
          {text.makeMerged}
        </Button>
      </div>
      {isMerging && (
        <Progress
          label={state.writtenBytes === 0 ? text.proving : text.writingMerged}
          share={Math.min(1, state.writtenBytes / allBytes)}
          note={format.bytes(state.writtenBytes)}
        />
      )}
      {state.name === 'failed' && <ErrorNotice error={state.error} />}
      {state.name === 'ready' && (
        <Notice
          kind="good"
          title={text.mergedReady(state.dtype, format.bytes(state.zip.size))}
          isLive
          actions={<Button onClick={() => saveFile(ZIP_NAME, state.zip)}>{text.download(ZIP_NAME)}</Button>}
        >
          <p>
            {text.mergedProof(
              format.count(state.result.proof.tokens),
              format.percent(state.result.proof.largestDifference),
              format.percent(state.result.proof.agreement),
            )}{' '}
            {state.result.isBaseQuantized && text.mergedQuantized}
          </p>
        </Notice>
      )}
    </Section>
  )
}
