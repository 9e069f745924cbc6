// {base, adapter} x {float32, int8}, a column for each, a row for each figure.
import { Fragment, type ReactNode } from 'react'
import { Texture } from '../../components/Texture'
import type { CellMeasurement } from '../../engine/api'
import { allCells, cellId, type CellKey, type MeasuredCells } from '../../stores/comparedCells'
import { termTexts } from '../../strings/terms'
import { useFormat, useTexts } from '../../strings/useTexts'
import style from './Compare.module.css'
import { figureGroups, type FigureFormat, type FigureRow, type Reading } from './figureRows'
import { compareTexts } from './texts'

interface Props {
  readonly label: string
  readonly cells: MeasuredCells
  /** What stands below a cell's name. */
  readonly action?: (key: CellKey) => ReactNode
}

export function CellsTable({ label, cells, action }: Props) {
  const text = useTexts(compareTexts)
  const nameOf = useCellName()
  // Thirteen rows of dashes say nothing.
  const shownGroups = Object.keys(cells).length > 0 ? figureGroups : []
  return (
    // A region that scrolls must be reachable by keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <section className={style.scroll} tabIndex={0} aria-label={label}>
      <table className={style.cells}>
        <thead>
          <tr>
            <th scope="col">
              <span className="unseen">{text.figure}</span>
            </th>
            {allCells.map((key) => (
              <th key={cellId(key)} scope="col" className={style[key.model]}>
                <Texture precision={key.precision} width="100%" className={style.texture} />
                {nameOf(key)}
                {action?.(key)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shownGroups.map(({ id, rows }) => (
            <Fragment key={id}>
              <tr>
                <th scope="rowgroup" colSpan={1 + allCells.length} className={style.group}>
                  {text[id]}
                </th>
              </tr>
              {rows.map((row) => (
                <tr key={row.id}>
                  <th scope="row">{text[row.id]}</th>
                  {allCells.map((key) => (
                    <FigureCell key={cellId(key)} row={row} cell={cells[cellId(key)]} />
                  ))}
                </tr>
              ))}
            </Fragment>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function FigureCell({ row, cell }: { readonly row: FigureRow; readonly cell: CellMeasurement | undefined }) {
  const text = useTexts(compareTexts)
  const { count } = useFormat()
  const write = useWriter(row.format)
  if (!cell) return <td className={style.nothing}>–</td>
  const reading = row.read(cell)
  if (!reading) return <td className={style.nothing}>{whyNot(row, cell)}</td>
  return (
    <td>
      <span className={style.value}>{write(reading.value)}</span>
      {reading.spread !== undefined && (
        <span className={style.spread}>
          ±{write(reading.spread)}, {text.n(count(reading.n ?? 1))}
        </span>
      )}
    </td>
  )

  function whyNot({ id }: FigureRow, { precision, usesAdapter }: CellMeasurement): string {
    if (id !== 'divergence' && id !== 'agreement') return text.noValidation
    return precision === 'float32' && !usesAdapter ? text.isReference : '–'
  }
}

function useWriter(kind: FigureFormat): (value: Reading['value']) => string {
  const format = useFormat()
  const terms = useTexts(termTexts)
  return {
    bytes: format.bytes,
    milliseconds: (value: number) => `${format.significant(value)} ms`,
    rate: (value: number) => `${format.rate(value)} ${terms.tokensPerSecond}`,
    loss: format.loss,
    significant: format.significant,
    nats: (value: number) => (value >= 0.001 || value === 0 ? format.rough(value) : format.exponent(value)),
    percent: format.percent,
  }[kind]
}

export function useCellName(): (key: CellKey) => string {
  const text = useTexts(compareTexts)
  const terms = useTexts(termTexts)
  return ({ model, precision }) => `${text[model]}, ${terms[precision]}`
}
