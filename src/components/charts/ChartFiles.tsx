// What stands behind a chart: its numbers as a table, and the chart to take away as CSV and PNG.
import { useState, type RefObject } from 'react'
import { useFormat, useTexts } from '../../strings/useTexts'
import { saveFile } from '../saveFile'
import { chartImage } from './chartImage'
import style from './ChartFiles.module.css'
import { toCsv, type Cell } from './csv'
import { chartTexts } from './texts'

/** A longer table would only slow the page down; the CSV has every row. */
const SHOWN_ROWS = 200
/** A table of more columns takes all the width there is. */
const WIDE_FROM = 6

interface Props {
  readonly fileName: string
  readonly title: string
  /** Holds the SVG layers; null when there is no picture to take. */
  readonly layers: RefObject<HTMLElement | null> | null
  readonly header: readonly string[]
  /** Called only when the table is open or saved: building it for every redraw would be wasted. */
  readonly readRows: () => readonly (readonly Cell[])[]
  readonly formatCell: (cell: number, column: number) => string
}

export function ChartFiles({ fileName, title, layers, header, readRows, formatCell }: Props) {
  const text = useTexts(chartTexts)
  const [isOpen, setIsOpen] = useState(false)
  return (
    <details className={style.details} onToggle={(event) => setIsOpen(event.currentTarget.open)}>
      <summary className={style.summary}>{text.behind}</summary>
      {isOpen && (
        <>
          <p className={style.actions}>
            <button
              type="button"
              className={style.action}
              onClick={() => saveFile(`${fileName}.csv`, toCsv([header, ...readRows()]), 'text/csv;charset=utf-8')}
            >
              {text.downloadCsv}
            </button>
            {layers && (
              <button
                type="button"
                className={style.action}
                onClick={() => void savePng(layers.current, title, fileName)}
              >
                {text.downloadPng}
              </button>
            )}
          </p>
          <Table title={title} header={header} rows={readRows()} formatCell={formatCell} />
        </>
      )}
    </details>
  )
}

function Table({
  title,
  header,
  rows,
  formatCell,
}: Pick<Props, 'title' | 'header' | 'formatCell'> & { readonly rows: readonly (readonly Cell[])[] }) {
  const text = useTexts(chartTexts)
  const format = useFormat()
  const every = Math.ceil(rows.length / SHOWN_ROWS)
  const shown = every > 1 ? rows.filter((_, index) => index % every === 0) : rows
  return (
    <>
      {/* A region that scrolls must be reachable by keyboard. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <section className={style.scroll} tabIndex={0} aria-label={title}>
        <table className={`${style.table} ${header.length > WIDE_FROM ? style.wide : ''}`}>
          <thead>
            <tr>
              {header.map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <tr key={row[0]}>
                {row.map((cell, column) => (
                  <td key={header[column]}>{typeof cell === 'number' ? formatCell(cell, column) : (cell ?? '')}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {every > 1 && <p className={style.note}>{text.rows(format.count(shown.length), format.count(rows.length))}</p>}
    </>
  )
}

async function savePng(holder: HTMLElement | null, title: string, fileName: string): Promise<void> {
  if (!holder) return
  // The layers lie side by side under the holder; recharts wraps its own in a div.
  const layers = [...holder.querySelectorAll<SVGSVGElement>('svg')]
  saveFile(`${fileName}.png`, await chartImage(layers, title))
}
