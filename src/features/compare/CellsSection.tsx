// {base, adapter} x {float32, int8}: size, speed and quality of each, measured on the spot, and what they say.
import { useRef, type RefObject } from 'react'
import { Button } from '../../components/Button'
import { deviceName } from '../../components/deviceName'
import { ErrorNotice } from '../../components/Notice'
import { Section } from '../../components/Place'
import { Progress } from '../../components/Progress'
import { saveFile } from '../../components/saveFile'
import { tableImage } from '../../components/tableImage'
import { useAdapter } from '../../stores/adapter'
import { allCells, cellId, type CellKey } from '../../stores/comparedCells'
import { useComparison } from '../../stores/comparison'
import { useCapability } from '../../stores/capability'
import { useModel } from '../../stores/model'
import { useFormat, useTexts } from '../../strings/useTexts'
import { CellsTable, useCellName } from './CellsTable'
import { ClaimsCard } from './ClaimsCard'
import style from './Compare.module.css'
import { compareTexts } from './texts'
import { useIsFree } from '../../stores/useIsFree'
import { VerdictText } from './VerdictText'

export function CellsSection() {
  const text = useTexts(compareTexts)
  const error = useComparison((comparison) => comparison.measureError)
  const cells = useComparison((comparison) => comparison.cells)
  const adapterShare = useAdapterShare()
  const figures = useRef<HTMLDivElement>(null)
  return (
    <Section
      title={text.measured}
      note={text.measuredNote}
      tools={
        <>
          {Object.keys(cells).length > 0 && <SavePicture of={figures} />}
          <MeasureAll />
        </>
      }
    >
      <MeasureProgress />
      {error && <ErrorNotice error={error} />}
      <div ref={figures} className={style.figures}>
        <CellsTable label={text.measured} cells={cells} action={(key) => <MeasureCell cellKey={key} />} />
        <VerdictText />
        <ClaimsCard cells={cells} adapterShare={adapterShare} />
      </div>
    </Section>
  )
}

/** The table and what is said of it, as it stands, with the model's and the device's name. */
function SavePicture({ of }: { readonly of: RefObject<HTMLDivElement | null> }) {
  const text = useTexts(compareTexts)
  const model = useModel(({ state }) => (state.name === 'ready' ? state.info.name : ''))
  const device = useCapability(({ state }) => (state.name === 'ready' ? state.device : null))
  const save = async () => {
    const table = of.current?.querySelector('table')
    if (!table || !device) return
    const name = deviceName(device) || text.unnamedDevice
    const where = device.isSoftware ? text.onSoftware(name) : name
    const sentences = [...(of.current?.querySelectorAll('p, dl > div') ?? [])].map((element) =>
      [...element.children].length > 0
        ? [...element.children].map((part) => part.textContent ?? '').join(': ')
        : (element.textContent ?? ''),
    )
    const caption = `Plume: ${text.openedTitle(model, where)}`
    saveFile('plume-comparison.png', await tableImage({ table, caption, sentences }))
  }
  return <Button onClick={() => void save()}>{text.savePicture}</Button>
}

function MeasureAll() {
  const text = useTexts(compareTexts)
  const canMeasure = useIsFree()
  const cells = useComparison((comparison) => comparison.cells)
  const hasAdapter = useAdapter(({ state }) => state.name === 'ready')
  const possible = allCells.filter(({ model }) => model === 'base' || hasAdapter)
  const missing = possible.filter((key) => !cells[cellId(key)])
  const isPartly = missing.length > 0 && missing.length < possible.length
  return (
    <Button disabled={!canMeasure} onClick={() => void useComparison.getState().measure(isPartly ? missing : possible)}>
      {isPartly ? text.measureMissing : text.measureAll}
    </Button>
  )
}

function MeasureProgress() {
  const text = useTexts(compareTexts)
  const format = useFormat()
  const queue = useComparison((comparison) => comparison.queue)
  const length = useComparison((comparison) => comparison.queueLength)
  const nameOf = useCellName()
  const [current] = queue
  if (!current) return null
  const done = length - queue.length
  return (
    <div className={style.measuring}>
      <Progress
        label={text.measuring(nameOf(current))}
        share={done / Math.max(1, length)}
        note={text.ofCells(format.count(done), format.count(length))}
      />
      {queue.length > 1 && (
        <Button kind="quiet" onClick={() => useComparison.getState().stopMeasuring()}>
          {text.stopMeasuring}
        </Button>
      )}
    </div>
  )
}

function MeasureCell({ cellKey }: { readonly cellKey: CellKey }) {
  const text = useTexts(compareTexts)
  const id = cellId(cellKey)
  const isMeasured = useComparison((comparison) => comparison.cells[id] !== undefined)
  const place = useComparison((comparison) => comparison.queue.findIndex((key) => cellId(key) === id))
  const hasAdapter = useAdapter(({ state }) => state.name === 'ready')
  const canMeasure = useIsFree()
  const name = useCellName()(cellKey)
  if (cellKey.model === 'adapter' && !hasAdapter) return <span className={style.cellState}>{text.needsAdapter}</span>
  if (place > 0) return <span className={style.cellState}>{text.queued}</span>
  return (
    <Button
      kind="quiet"
      isBusy={place === 0}
      disabled={!canMeasure}
      aria-label={text.measureCell(name)}
      onClick={() => void useComparison.getState().measure([cellKey])}
    >
      {isMeasured ? text.measureAgain : text.measure}
    </Button>
  )
}

/** The adapter's parameters as a share of the model's. */
function useAdapterShare(): number | null {
  const parameters = useAdapter(({ state }) => (state.name === 'ready' ? state.info.parameters : null))
  const all = useModel(({ state }) => (state.name === 'ready' ? state.info.parameters : null))
  return parameters !== null && all !== null ? parameters / all : null
}
