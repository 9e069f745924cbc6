// The adapter leaves and comes back: its card, its files, where they work, and a place to drop one.
import { Button } from '../../components/Button'
import { PlaceFrame } from '../../components/Place'
import { useAdapter } from '../../stores/adapter'
import { useRoute } from '../../stores/route'
import { isAlive, useRun } from '../../stores/run'
import { useFormat, useTexts } from '../../strings/useTexts'
import type { PackageState } from '../../stores/adapterPackage'
import { useCard } from '../../stores/card'
import { AdapterCard } from './AdapterCard'
import { CardSection } from './CardSection'
import { ClusterSection } from './ClusterSection'
import { FilesSection, saveZip } from './FilesSection'
import { HubSection } from './HubSection'
import { IncomingSection } from './IncomingSection'
import { LinkSection } from './LinkSection'
import { MergedSection } from './MergedSection'
import { OpenSection } from './OpenSection'
import { ShelfSection } from './ShelfSection'
import { shareTexts } from './texts'
import { useCurvesPicture } from './useCurvesPicture'
import { useExport, type ExportState } from './useExport'
import { usePacking } from './usePacking'
import { WorksSection } from './WorksSection'

export function SharePlace() {
  const text = useTexts(shareTexts)
  const adapter = useAdapter(({ state }) => state)
  const isRunning = useRun((run) => isAlive(run.state))
  const info = adapter.name === 'ready' ? adapter.info : null
  const [exported, retry] = useExport(isRunning ? null : info)
  const picture = useCurvesPicture(useCard(({ state }) => (state.name === 'ready' ? state.curves : null)))
  const packed = usePacking(exported.name === 'ready', picture)
  return (
    <PlaceFrame
      title={text.title}
      lead={isRunning ? text.running : info ? text.lead : adapter.name === 'none' ? text.none : text.leadNone}
      next={<NextButton exported={exported} packed={packed} />}
    >
      <IncomingSection />
      <ShelfSection />
      {info && <AdapterCard info={info} />}
      {info && !isRunning && <CardSection picture={picture} />}
      {info && <FilesSection exported={exported} packed={packed} onRetry={retry} />}
      {exported.name === 'ready' && <HubSection packed={packed} />}
      {info?.hasEffect && !isRunning && <MergedSection />}
      <OpenSection />
      {info && <WorksSection isVerified={exported.name === 'ready'} />}
      {!isRunning && <ClusterSection />}
      <LinkSection canHoldAdapter={exported.name === 'ready'} />
    </PlaceFrame>
  )
}

function NextButton({ exported, packed }: { readonly exported: ExportState; readonly packed: PackageState }) {
  const text = useTexts(shareTexts)
  const format = useFormat()
  const go = useRoute((route) => route.go)
  const isRunning = useRun((run) => isAlive(run.state))
  if (packed.name === 'ready') {
    return (
      <Button kind="main" isLarge onClick={() => saveZip(packed.files)}>
        {text.downloadZip(format.bytes(packed.files.zip.byteLength))}
      </Button>
    )
  }
  if (exported.name === 'preparing' || packed.name === 'packing') {
    return (
      <Button kind="main" isLarge isBusy>
        {text.preparing}
      </Button>
    )
  }
  return (
    <Button kind="main" onClick={() => go('train')}>
      {isRunning ? text.toRun : text.toTrain}
    </Button>
  )
}
