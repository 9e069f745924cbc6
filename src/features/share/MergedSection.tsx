// The model with the adapter merged in: for programs that know no adapters.
import { Button } from '../../components/Button'
import { Choice } from '../../components/Choice'
import { ErrorNotice, Notice } from '../../components/Notice'
import { Section } from '../../components/Place'
import { Progress } from '../../components/Progress'
import { saveFile } from '../../components/saveFile'
import { formName, mergedBytes, mergedForms } from '../../engine/api'
import { useMerging } from '../../stores/merging'
import { useModel } from '../../stores/model'
import { useFormat, useTexts } from '../../strings/useTexts'
import style from './Share.module.css'
import { shareTexts } from './texts'

const ZIP_NAME = 'plume-model.zip'

export function MergedSection() {
  const text = useTexts(shareTexts)
  const format = useFormat()
  const { state, form } = useMerging()
  const { merge, setForm } = useMerging.getState()
  const model = useModel((one) => (one.state.name === 'ready' ? one.state.info : null))
  const isMerging = state.name === 'merging'
  if (!model) return null
  const allBytes = mergedBytes(model, form)
  return (
    <Section title={text.merged} note={text.mergedNote}>
      <div className={style.merge}>
        <Choice
          legend={text.mergedType}
          isLegendHidden
          value={formName(form)}
          onChange={(name) => setForm(mergedForms.find((one) => formName(one) === name) ?? form)}
          options={mergedForms.map((one) => ({
            value: formName(one),
            label: formName(one),
            hint: format.bytes(mergedBytes(model, one)),
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
          title={text.mergedReady(formName(state.form), format.bytes(state.zip.size))}
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
