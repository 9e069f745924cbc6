// The Lab: this device measured with our own kernels, and what came of it as figures, a roofline and a table.
import { Button } from '../../components/Button'
import { Choice } from '../../components/Choice'
import { ErrorNotice, Notice } from '../../components/Notice'
import { Empty, PlaceFrame, Section } from '../../components/Place'
import { Progress } from '../../components/Progress'
import type { DeviceReport } from '../../engine/api'
import { useCapability } from '../../stores/capability'
import { useLab, type Extent, type LabState } from '../../stores/lab'
import { useModel } from '../../stores/model'
import { useIsFree } from '../../stores/useIsFree'
import { errorTexts } from '../../strings/errors'
import { termTexts } from '../../strings/terms'
import { useFormat, useTexts } from '../../strings/useTexts'
import { CeilingsSection } from './CeilingsSection'
import style from './Lab.module.css'
import { RooflineSection } from './RooflineSection'
import { sizeName } from './sizeNames'
import { labTexts } from './texts'
import { useLocale } from '../../stores/locale'

export function LabPlace() {
  const text = useTexts(labTexts)
  const format = useFormat()
  const { state, findings } = useLab()
  const capability = useCapability((store) => store.state)
  const device = capability.name === 'ready' ? capability.device : null
  if (device?.kind === 'wasm') return <WithoutGpu device={device} />
  return (
    <PlaceFrame title={text.title} lead={text.lead} next={<NextStep state={state} hasFindings={findings !== null} />}>
      {state.name === 'measuring' && <Measuring state={state} />}
      {state.name === 'failed' && <ErrorNotice error={state.error} />}
      {state.name === 'stopped' && (
        <Notice kind="note" title={text.stopped(format.count(findings?.rows.length ?? 0))} isLive />
      )}
      {state.name !== 'measuring' && device && <HowMuch />}
      {findings ? (
        <>
          <CeilingsSection findings={findings} />
          <RooflineSection findings={findings} isComplete={state.name !== 'measuring'} />
        </>
      ) : (
        state.name !== 'measuring' && (
          <Section title={text.roofline}>
            <p>{text.whatIsRoof}</p>
            <Empty>{capability.name === 'none' ? text.noDevice : text.nothing}</Empty>
          </Section>
        )
      )}
    </PlaceFrame>
  )
}

function NextStep({ state, hasFindings }: { readonly state: LabState; readonly hasFindings: boolean }) {
  const text = useTexts(labTexts)
  const isFree = useIsFree()
  const { measure, stop } = useLab.getState()
  if (state.name === 'measuring') return <Button onClick={stop}>{text.stop}</Button>
  return (
    <Button
      kind={hasFindings ? 'plain' : 'main'}
      isLarge={!hasFindings}
      disabled={!isFree}
      onClick={() => void measure()}
    >
      {hasFindings ? text.again : text.measure}
    </Button>
  )
}

function HowMuch() {
  const text = useTexts(labTexts)
  const extent = useLab((lab) => lab.extent)
  const model = useModel(({ state }) => (state.name === 'ready' ? state.info.name : null))
  const isFree = useIsFree()
  return (
    <div className={style.howMuch}>
      <Choice<Extent>
        legend={text.extent}
        layout="list"
        options={[
          { value: 'short', label: text.short, hint: text.shortHint },
          { value: 'all', label: text.all, hint: text.allHint },
        ]}
        value={extent}
        onChange={useLab.getState().setExtent}
      />
      <p className={style.quiet}>{model === null ? text.noModel : text.stepsOf(model)}</p>
      {!isFree && <p className={style.quiet}>{text.busy}</p>}
    </div>
  )
}

function Measuring({ state }: { readonly state: Extract<LabState, { name: 'measuring' }> }) {
  const text = useTexts(labTexts)
  const terms = useTexts(termTexts)
  const language = useLocale((locale) => locale.language)
  const format = useFormat()
  const { now, done, all } = state
  const label =
    now.kind === 'ceilings'
      ? text.nowCeilings
      : now.kind === 'steps'
        ? text.nowSteps(terms[now.precision])
        : `${now.what}: ${sizeName(now.name, language)}`
  return <Progress label={label} share={done / all} note={text.progress(format.count(done), format.count(all))} />
}

function WithoutGpu({ device }: { readonly device: DeviceReport }) {
  const text = useTexts(labTexts)
  const errors = useTexts(errorTexts)
  const { title, action } = errors[device.noGpu ?? 'device/no-adapter']
  return (
    <PlaceFrame title={text.title} lead={text.lead}>
      <Notice kind="note" title={title}>
        <p>{text.noGpu}</p>
        <p>{action}</p>
      </Notice>
    </PlaceFrame>
  )
}
