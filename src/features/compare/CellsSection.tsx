// {base, adapter} x {float32, int8}: size, speed and loss of each, measured on the spot, and what they say.
import { Button } from '../../components/Button'
import { ErrorNotice } from '../../components/Notice'
import { Section } from '../../components/Place'
import { Progress } from '../../components/Progress'
import type { CellMeasurement, Measurement } from '../../engine/api'
import { useAdapter } from '../../stores/adapter'
import { useCapability } from '../../stores/capability'
import { allCells, cellId, useComparison, type CellKey } from '../../stores/comparison'
import { isAlive, useRun } from '../../stores/run'
import { termTexts } from '../../strings/terms'
import { useFormat, useTexts } from '../../strings/useTexts'
import style from './Compare.module.css'
import { compareTexts } from './texts'
import { VerdictText } from './VerdictText'

export function CellsSection() {
  const text = useTexts(compareTexts)
  const error = useComparison((comparison) => comparison.measureError)
  return (
    <Section title={text.measured} note={text.measuredNote} tools={<MeasureAll />}>
      <MeasureProgress />
      {error && <ErrorNotice error={error} />}
      {/* A region that scrolls must be reachable by keyboard. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <section className={style.scroll} tabIndex={0} aria-label={text.measured}>
        <table className={style.cells}>
          <thead>
            <tr>
              <th scope="col">{text.model}</th>
              <th scope="col" data-number>
                {text.linearBytes}
              </th>
              <th scope="col" data-number>
                {text.totalBytes}
              </th>
              <th scope="col" data-number>
                {text.firstTokenTitle}
              </th>
              <th scope="col" data-number>
                {text.prefill}
              </th>
              <th scope="col" data-number>
                {text.decode}
              </th>
              <th scope="col" data-number>
                {text.loss}
              </th>
              <th scope="col" data-number>
                {text.perplexity}
              </th>
              <th scope="col">
                <span className="unseen">{text.measure}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {allCells.map((key) => (
              <CellRow key={cellId(key)} cellKey={key} />
            ))}
          </tbody>
        </table>
      </section>
      <VerdictText />
    </Section>
  )
}

function MeasureAll() {
  const text = useTexts(compareTexts)
  const canMeasure = useCanMeasure()
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

function CellRow({ cellKey }: { readonly cellKey: CellKey }) {
  const text = useTexts(compareTexts)
  const terms = useTexts(termTexts)
  const format = useFormat()
  const id = cellId(cellKey)
  const cell = useComparison((comparison) => comparison.cells[id])
  const place = useComparison((comparison) => comparison.queue.findIndex((key) => cellId(key) === id))
  const hasAdapter = useAdapter(({ state }) => state.name === 'ready')
  const canMeasure = useCanMeasure()
  const name = useCellName()(cellKey)
  const isPossible = cellKey.model === 'base' || hasAdapter
  return (
    <tr>
      <th scope="row" className={style[cellKey.model]}>
        <span className={style.cellName}>
          <svg width="24" height="3" aria-hidden="true">
            <line
              className={style.texture}
              x1="0"
              x2="24"
              y1="1.5"
              y2="1.5"
              {...(cellKey.precision === 'int8' ? { strokeDasharray: '5 3' } : {})}
            />
          </svg>
          {name}
        </span>
      </th>
      {cell ? (
        <>
          <td data-number>{format.bytes(cell.linearWeightBytes)}</td>
          <td data-number>{format.bytes(totalOf(cell))}</td>
          <FigureCell measurement={cell.firstTokenMs} format={format.significant} unit="ms" />
          <FigureCell measurement={cell.prefillTokensPerSecond} format={format.rate} unit={terms.tokensPerSecond} />
          <FigureCell measurement={cell.decodeTokensPerSecond} format={format.rate} unit={terms.tokensPerSecond} />
          {cell.validationLoss ? (
            <>
              <FigureCell measurement={cell.validationLoss} format={format.loss} />
              <td data-number>{format.significant(Math.exp(cell.validationLoss.value))}</td>
            </>
          ) : (
            <td colSpan={2} className={style.nothing}>
              {text.noValidation}
            </td>
          )}
        </>
      ) : (
        <td colSpan={7} className={style.nothing}>
          {isPossible ? text.notMeasured : text.needsAdapter}
        </td>
      )}
      <td className={style.cellAction}>
        {place > 0 && <span className={style.quiet}>{text.queued}</span>}
        {place <= 0 && isPossible && (
          <Button
            kind="quiet"
            isBusy={place === 0}
            disabled={!canMeasure}
            aria-label={text.measureCell(name)}
            onClick={() => void useComparison.getState().measure([cellKey])}
          >
            {cell ? text.measureAgain : text.measure}
          </Button>
        )}
      </td>
    </tr>
  )
}

interface FigureCellProps {
  readonly measurement: Measurement
  readonly format: (value: number) => string
  readonly unit?: string
}

/** `412 ±9 tok/s` with its n below: value strong, the rest quiet. */
function FigureCell({ measurement, format, unit }: FigureCellProps) {
  const text = useTexts(compareTexts)
  const { count } = useFormat()
  return (
    <td data-number>
      <strong>{format(measurement.value)}</strong>
      {unit && <span className={style.quiet}> {unit}</span>}
      <span className={style.spread}>
        ±{format(measurement.spread)}, {text.n(count(measurement.n))}
      </span>
    </td>
  )
}

function useCanMeasure(): boolean {
  const isRunning = useRun((run) => isAlive(run.state))
  const hasDevice = useCapability(({ state }) => state.name === 'ready')
  const isBusy = useComparison(({ queue, writing }) => queue.length > 0 || writing !== null)
  return hasDevice && !isRunning && !isBusy
}

function useCellName(): (key: CellKey) => string {
  const text = useTexts(compareTexts)
  const terms = useTexts(termTexts)
  return ({ model, precision }) => `${text[model]}, ${terms[precision]}`
}

function totalOf(cell: CellMeasurement): number {
  return Object.values(cell.memory).reduce((sum, bytes) => sum + bytes, 0)
}
