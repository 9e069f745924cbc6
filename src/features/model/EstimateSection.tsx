// What the run would take, before a byte is allocated. It moves with every knob.
import { Button } from '../../components/Button'
import { Figure, Figures } from '../../components/Figure'
import { ErrorNotice } from '../../components/Notice'
import { Empty, Section } from '../../components/Place'
import { MemoryStack } from '../../components/charts/MemoryStack'
import type { RunEstimate } from '../../engine/api'
import { useCapability } from '../../stores/capability'
import { useModel } from '../../stores/model'
import { useSettings } from '../../stores/settings'
import { useFormat, useTexts } from '../../strings/useTexts'
import style from './Model.module.css'
import { modelTexts } from './texts'

export function EstimateSection() {
  const text = useTexts(modelTexts)
  const estimate = useSettings((settings) => settings.estimate)
  return (
    <Section title={text.estimate} note={text.estimateNote}>
      {estimate.name === 'ready' && <Estimate estimate={estimate.estimate} />}
      {estimate.name === 'failed' && <ErrorNotice error={estimate.error} kind="warning" isLive={false} />}
      {estimate.name === 'none' && <NoEstimate />}
    </Section>
  )
}

function NoEstimate() {
  const text = useTexts(modelTexts)
  const model = useModel(({ state }) => state)
  const hasDevice = useCapability(({ state }) => state.name === 'ready')
  if (model.name === 'failed') {
    return <ErrorNotice error={model.error} isLive={false} actions={<LoadButton />} />
  }
  if (model.name === 'loading') return <Empty>{text.estimateLoading}</Empty>
  return <Empty action={hasDevice ? <LoadButton /> : undefined}>{text.estimateNone}</Empty>
}

function LoadButton() {
  const text = useTexts(modelTexts)
  return (
    <Button
      onClick={() =>
        void useModel
          .getState()
          .load()
          .catch(() => undefined)
      }
    >
      {text.loadModel}
    </Button>
  )
}

function Estimate({ estimate }: { readonly estimate: RunEstimate }) {
  const text = useTexts(modelTexts)
  const format = useFormat()
  const precision = useSettings(({ settings }) => settings.precision)
  const device = useCapability(({ state }) => (state.name === 'ready' ? state.device : null))
  const share = estimate.trainableParameters / estimate.totalParameters
  return (
    <div className={style.estimate}>
      <MemoryStack
        title={text.memory}
        memory={estimate.memory}
        precision={precision}
        inFloat32={estimate.memoryInFloat32}
        fileName="plume-memory-estimate"
      />
      <div className={style.share}>
        <svg width="100%" height="10" role="img" aria-label={text.trainableShare(format.percent(share))}>
          <rect className={style.shareAll} width="100%" height="10" />
          {/* A share too small to see stays a visible line. */}
          <rect className={style.shareTrained} width={`${Math.max(0.4, share * 100)}%`} height="10" />
        </svg>
        <Figures>
          <Figure
            label={text.trainable}
            value={format.count(estimate.trainableParameters)}
            note={text.trainableOf(format.percent(share), format.short(estimate.totalParameters))}
          />
          <Figure label={text.tokensPerStep} value={format.count(estimate.tokensPerStep)} />
          <Figure label={text.linearBytes} value={format.bytes(estimate.linearWeightBytes)} />
          <Figure
            label={text.largestBuffer}
            value={format.bytes(estimate.largestBufferBytes)}
            note={
              device
                ? text.bufferLimit(format.bytes(Math.min(device.maxBufferBytes, device.maxBindingBytes)))
                : undefined
            }
          />
        </Figures>
        <p className={style.groupNote}>{text.totalUnknown}</p>
      </div>
    </div>
  )
}
