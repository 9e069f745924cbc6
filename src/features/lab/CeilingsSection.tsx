// What the device does at best, each figure with its spread and n.
import { deviceName } from '../../components/deviceName'
import { Figure, Figures } from '../../components/Figure'
import { Section } from '../../components/Place'
import type { Measurement } from '../../engine/api'
import type { Findings } from '../../stores/lab'
import { useFormat, useTexts } from '../../strings/useTexts'
import style from './Lab.module.css'
import { labTexts } from './texts'

const GIGA = 1e-9

export function CeilingsSection({ findings }: { readonly findings: Findings }) {
  const text = useTexts(labTexts)
  const format = useFormat()
  const { ceilings, device, measuredAt } = findings
  const name = device?.isSoftware ? text.softwareDevice : (device && deviceName(device)) || text.unnamedDevice
  const { int8OpsPerSecond: int8 } = ceilings
  return (
    <Section title={text.best} note={text.bestNote(name, format.moment(Date.parse(measuredAt)))}>
      <Figures>
        <Measured label={text.arithmetic} of={ceilings.flopsPerSecond} scale={GIGA} unit="GFLOP/s" />
        {int8 ? (
          <Measured label={text.int8} of={int8} scale={GIGA} unit="GOP/s" />
        ) : (
          <Figure label={text.int8} value={text.none} note={text.noneNote} />
        )}
        <Measured label={text.memory} of={ceilings.bytesPerSecond} scale={GIGA} unit="GB/s" />
        <Measured label={text.dispatch} of={ceilings.dispatchMs} scale={1000} unit="µs" />
        <Measured label={text.encode} of={ceilings.encodeMs} scale={1} unit="ms" />
        <Measured label={text.read} of={ceilings.readMs} scale={1} unit="ms" />
      </Figures>
      {device?.isSoftware && <p className={style.quiet}>{text.softwareNote}</p>}
    </Section>
  )
}

interface MeasuredProps {
  readonly label: string
  readonly of: Measurement
  readonly scale: number
  readonly unit: string
}

function Measured({ label, of: { value, spread, n }, scale, unit }: MeasuredProps) {
  const text = useTexts(labTexts)
  const format = useFormat()
  return (
    <Figure
      label={label}
      value={format.significant(value * scale)}
      unit={unit}
      note={text.spread(format.rough(spread * scale), format.count(n))}
    />
  )
}
