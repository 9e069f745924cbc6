import { Figure, Figures } from '../../components/Figure'
import { Section } from '../../components/Place'
import type { DeviceReport } from '../../engine/api'
import { useCapability } from '../../stores/capability'
import { useFormat, useTexts } from '../../strings/useTexts'
import { startTexts } from './texts'

/** What this browser says about its GPU and its storage. */
export function DeviceCard() {
  const texts = useTexts(startTexts)
  const format = useFormat()
  const capability = useCapability((state) => state.state)
  const storage = useCapability((state) => state.storage)
  const device = capability.name === 'ready' ? capability.device : null
  return (
    <Section title={texts.deviceTitle}>
      <Figures>
        <Figure
          label={texts.deviceName}
          value={capability.name === 'checking' ? texts.checking : device ? nameOf(device, texts) : texts.no}
          note={device?.isSoftware ? texts.deviceSoftwareNote : undefined}
        />
        <Figure label={texts.deviceFloat16} value={device ? (device.hasFloat16 ? texts.yes : texts.no) : '–'} />
        <Figure label={texts.deviceBuffer} value={device ? format.bytes(device.maxBufferBytes) : '–'} />
        <Figure
          label={texts.deviceStorage}
          value={storage ? format.bytes(Math.max(0, storage.quotaBytes - storage.usedBytes)) : texts.unknown}
          note={storage ? (storage.isPersistent ? texts.storagePersistent : texts.storageNote) : undefined}
        />
      </Figures>
      <p>
        <a href="#/lab">{texts.measureDevice}</a>
      </p>
    </Section>
  )
}

function nameOf(device: DeviceReport, texts: { deviceSoftware: string; deviceUnnamed: string }): string {
  if (device.isSoftware) return texts.deviceSoftware
  return device.description || [device.vendor, device.architecture].filter(Boolean).join(' ') || texts.deviceUnnamed
}
