// The adapter leaves and comes back: its card, its files, where they work, and a place to drop one.
import { Button } from '../../components/Button'
import { PlaceFrame } from '../../components/Place'
import { useAdapter } from '../../stores/adapter'
import { useRoute } from '../../stores/route'
import { isAlive, useRun } from '../../stores/run'
import { useFormat, useTexts } from '../../strings/useTexts'
import { AdapterCard } from './AdapterCard'
import { ClusterSection } from './ClusterSection'
import { FilesSection, saveZip } from './FilesSection'
import { LinkSection } from './LinkSection'
import { MergedSection } from './MergedSection'
import { OpenSection } from './OpenSection'
import { ShelfSection } from './ShelfSection'
import { shareTexts } from './texts'
import { useExport, type ExportState } from './useExport'
import { WorksSection } from './WorksSection'

export function SharePlace() {
  const text = useTexts(shareTexts)
  const adapter = useAdapter(({ state }) => state)
  const isRunning = useRun((run) => isAlive(run.state))
  const info = adapter.name === 'ready' ? adapter.info : null
  const [exported, retry] = useExport(isRunning ? null : info)
  return (
    <PlaceFrame
      title={text.title}
      lead={isRunning ? text.running : info ? text.lead : adapter.name === 'none' ? text.none : text.leadNone}
      next={<NextButton exported={exported} />}
    >
      <ShelfSection />
      {info && <AdapterCard info={info} />}
      {info && <FilesSection exported={exported} onRetry={retry} />}
      {info?.hasEffect && !isRunning && <MergedSection />}
      <OpenSection />
      {info && <WorksSection isVerified={exported.name === 'ready'} />}
      {!isRunning && <ClusterSection />}
      <LinkSection />
    </PlaceFrame>
  )
}

function NextButton({ exported }: { readonly exported: ExportState }) {
  const text = useTexts(shareTexts)
  const format = useFormat()
  const go = useRoute((route) => route.go)
  const isRunning = useRun((run) => isAlive(run.state))
  switch (exported.name) {
    case 'ready':
      return (
        <Button kind="main" isLarge onClick={() => saveZip(exported.files)}>
          {text.downloadZip(format.bytes(exported.files.zip.byteLength))}
        </Button>
      )
    case 'preparing':
      return (
        <Button kind="main" isLarge isBusy>
          {text.preparing}
        </Button>
      )
    case 'none':
    case 'failed':
      return (
        <Button kind="main" onClick={() => go('train')}>
          {isRunning ? text.toRun : text.toTrain}
        </Button>
      )
    default:
      return exported satisfies never
  }
}
