// The model with the adapter merged in: for programs that know no adapters.
import { Button } from '../../components/Button'
import { Choice } from '../../components/Choice'
import { ErrorNotice, Notice } from '../../components/Notice'
import { Section } from '../../components/Place'
import { Progress } from '../../components/Progress'
import { saveFile } from '../../components/saveFile'
import { formName, mergedBytes, mergedForms, type MergedForm } from '../../engine/api'
import { useMerging, type MergingState } from '../../stores/merging'
import { useModel } from '../../stores/model'
import { useFormat, useTexts } from '../../strings/useTexts'
import { mergedTexts } from './mergedTexts'
import style from './Share.module.css'
import { shareTexts } from './texts'

const ZIP_NAME = 'plume-model.zip'

/** What each kind offers first. */
const usual: Readonly<Record<MergedForm['kind'], string>> = {
  safetensors: 'float16',
  gguf: 'GGUF F16',
  onnx: 'ONNX float32',
}

/** Who reads it, and a second name to know it by. Short: three of them stand side by side on a phone. */
const programs: Readonly<Record<MergedForm['kind'], readonly [label: string, hint: string]>> = {
  safetensors: ['transformers', 'safetensors'],
  gguf: ['llama.cpp', 'GGUF, Ollama'],
  onnx: ['ONNX', 'ONNX Runtime'],
}

export function MergedSection() {
  const text = useTexts(mergedTexts)
  const format = useFormat()
  const { state, form } = useMerging()
  const { merge, setForm } = useMerging.getState()
  const model = useModel((one) => (one.state.name === 'ready' ? one.state.info : null))
  const isMerging = state.name === 'merging'
  if (!model) return null
  const choose = (name: string) => setForm(mergedForms.find((one) => formName(one) === name) ?? form)
  return (
    <Section title={text.merged} note={text.mergedNote}>
      <div className={style.merge}>
        <div className={style.forms}>
          <Choice
            legend={text.mergedFor}
            value={form.kind}
            onChange={(kind) => choose(usual[kind])}
            options={(['safetensors', 'gguf', 'onnx'] as const).map((kind) => ({
              value: kind,
              label: programs[kind][0],
              hint: programs[kind][1],
              isDisabled: isMerging,
            }))}
          />
          <Choice
            legend={text.mergedType}
            value={formName(form)}
            onChange={choose}
            options={mergedForms
              .filter(({ kind }) => kind === form.kind)
              .map((one) => ({
                value: formName(one),
                label: typeName(one),
                hint: format.bytes(mergedBytes(model, one)),
                isDisabled: isMerging,
              }))}
          />
        </div>
        <Button isBusy={isMerging} onClick={() => void merge()}>
          {text.makeMerged}
        </Button>
      </div>
      {isMerging && (
        <Progress
          label={state.writtenBytes === 0 ? text.proving : text.writingMerged}
          share={Math.min(1, state.writtenBytes / mergedBytes(model, form))}
          note={format.bytes(state.writtenBytes)}
        />
      )}
      {state.name === 'failed' && <ErrorNotice error={state.error} />}
      {state.name === 'ready' && <Ready state={state} />}
    </Section>
  )
}

/** A form beside others of its kind. */
function typeName(form: MergedForm): string {
  switch (form.kind) {
    case 'safetensors':
      return form.dtype
    case 'gguf':
      return form.type
    case 'onnx':
      return form.precision
  }
}

function Ready({ state }: { readonly state: Extract<MergingState, { name: 'ready' }> }) {
  const text = useTexts(mergedTexts)
  const share = useTexts(shareTexts)
  const format = useFormat()
  const { form, zip, result, chat } = state
  return (
    <Notice
      kind="good"
      title={text.mergedReady(formName(form), format.bytes(zip.size))}
      isLive
      actions={<Button onClick={() => saveFile(ZIP_NAME, zip)}>{share.download(ZIP_NAME)}</Button>}
    >
      <p>
        {text.mergedProof(
          format.count(result.proof.tokens),
          format.percent(result.proof.largestDifference),
          format.percent(result.proof.agreement),
        )}{' '}
        {result.isBaseQuantized && text.mergedQuantized}
      </p>
      {chat && <p>{chat.kind === 'unknown' ? text.mergedTemplateByHand : text.mergedModelfile}</p>}
    </Notice>
  )
}
