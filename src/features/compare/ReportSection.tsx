// The comparison to take away, and somebody else's beside it.
import { Button } from '../../components/Button'
import { FileDrop } from '../../components/FileDrop'
import { ErrorNotice } from '../../components/Notice'
import { Section } from '../../components/Place'
import { saveFile } from '../../components/saveFile'
import { deviceName } from '../../components/deviceName'
import { useAdapter } from '../../stores/adapter'
import { useCapability } from '../../stores/capability'
import { useComparison } from '../../stores/comparison'
import { cellsOfReport, writeReport, type ComparisonReport } from '../../stores/comparisonReport'
import { useModel } from '../../stores/model'
import { useFormat, useTexts } from '../../strings/useTexts'
import { CellsTable } from './CellsTable'
import { ClaimsCard } from './ClaimsCard'
import style from './Compare.module.css'
import { compareTexts } from './texts'

export function ReportSection() {
  const text = useTexts(compareTexts)
  const report = useOwnReport()
  const opened = useComparison((comparison) => comparison.opened)
  const error = useComparison((comparison) => comparison.openError)
  const { openReport, closeReport } = useComparison.getState()
  return (
    <Section
      title={text.report}
      note={text.reportNote}
      tools={
        <Button disabled={!report} onClick={() => report && save(report)}>
          {text.saveReport}
        </Button>
      }
    >
      <FileDrop
        title={text.openReport}
        choose={text.chooseReport}
        accept=".json"
        isMultiple={false}
        isCompact
        onFiles={([file]) => file && void openReport(file)}
      />
      {error && <ErrorNotice error={error} />}
      {opened && <OpenedReport report={opened} onClose={closeReport} />}
    </Section>
  )
}

function OpenedReport({ report, onClose }: { readonly report: ComparisonReport; readonly onClose: () => void }) {
  const text = useTexts(compareTexts)
  const format = useFormat()
  const ownSha256 = useModel(({ state }) => (state.name === 'ready' ? state.info.sha256 : null))
  const { model, device, adapterParameters, madeAt } = report
  const cells = cellsOfReport(report)
  const where = device.isSoftware ? text.onSoftware(device.name) : device.name || text.unnamedDevice
  return (
    <article className={style.opened}>
      <div className={style.openedTitle}>
        <h3>{text.openedTitle(model.name, where)}</h3>
        <Button kind="quiet" onClick={onClose}>
          {text.closeReport}
        </Button>
      </div>
      <p className={style.quiet}>
        {text.openedWhen(format.moment(Date.parse(madeAt)), format.short(model.parameters))}{' '}
        {ownSha256 !== null && (model.sha256 === ownSha256 ? text.sameModel : text.otherModel)}
      </p>
      <CellsTable label={text.openedTitle(model.name, where)} cells={cells} />
      <ClaimsCard
        cells={cells}
        adapterShare={adapterParameters === null ? null : adapterParameters / model.parameters}
      />
    </article>
  )
}

function save(report: Omit<ComparisonReport, 'madeAt'>): void {
  const file = writeReport({ madeAt: new Date().toISOString(), ...report })
  saveFile('plume-comparison.json', file, 'application/json')
}

/** null until something was measured. */
function useOwnReport(): Omit<ComparisonReport, 'madeAt'> | null {
  const measured = useComparison((comparison) => comparison.cells)
  const model = useModel(({ state }) => (state.name === 'ready' ? state.info : null))
  const device = useCapability(({ state }) => (state.name === 'ready' ? state.device : null))
  const adapterParameters = useAdapter(({ state }) => (state.name === 'ready' ? state.info.parameters : null))
  const cells = Object.values(measured).flatMap((cell) => cell ?? [])
  if (!model || !device || cells.length === 0) return null
  return {
    model: { name: model.name, sha256: model.sha256, parameters: model.parameters },
    device: { name: deviceName(device), isSoftware: device.isSoftware },
    adapterParameters,
    cells,
  }
}
