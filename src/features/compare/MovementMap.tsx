// How far the adapter moves each linear of each layer: heat with the figures in its cells, which are buttons to look
// into them.
import type { CSSProperties } from 'react'
import type { AdapterInfo, InspectRequest } from '../../engine/api'
import { useFormat, useTexts } from '../../strings/useTexts'
import style from './LookInside.module.css'
import { lookTexts } from './lookTexts'

interface Props {
  readonly movement: AdapterInfo['movement']
  readonly picked: InspectRequest | null
  /** None while the engine is busy. */
  readonly onPick: ((place: InspectRequest) => void) | undefined
}

export function MovementMap({ movement, picked, onPick }: Props) {
  const text = useTexts(lookTexts)
  const format = useFormat()
  const most = movement.reduce((best, cell) => (cell.share > best.share ? cell : best))
  const layers = [...new Set(movement.map(({ layer }) => layer))].toSorted((a, b) => a - b)
  const linears = [...new Set(movement.map(({ linear }) => linear))]
  const shortOf = (linear: string) => linear.replace('_proj', '')
  return (
    <div className={style.part}>
      <h3>{text.movement}</h3>
      <p className={style.quiet}>{text.movementNote}</p>
      <p>{text.movementSentence(shortOf(most.linear), format.count(most.layer + 1), format.percent(most.share))}</p>
      {/* A region that scrolls must be reachable by keyboard. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <section className={style.scroll} tabIndex={0} aria-label={text.movement}>
        <table className={style.heat}>
          <thead>
            <tr>
              <th scope="col">{text.linearLabel}</th>
              {layers.map((layer) => (
                <th key={layer} scope="col">
                  {text.layer(format.count(layer + 1))}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {linears.map((linear) => (
              <tr key={linear}>
                <th scope="row">{shortOf(linear)}</th>
                {layers.map((layer) => {
                  const cell = movement.find((one) => one.layer === layer && one.linear === linear)
                  // A custom property is the one thing here that only the data knows.
                  const heat = {
                    '--heat': `${Math.round((100 * (cell?.share ?? 0)) / (most.share || 1))}%`,
                  } as CSSProperties
                  if (!cell) return <td key={layer}>–</td>
                  return (
                    <td key={layer} style={heat}>
                      <button
                        type="button"
                        disabled={!onPick}
                        aria-pressed={picked?.layer === layer && picked.linear === linear}
                        aria-label={text.lookAt(shortOf(linear), format.count(layer + 1), format.percent(cell.share))}
                        onClick={() => onPick?.({ layer, linear })}
                      >
                        {format.percent(cell.share)}
                      </button>
                    </td>
                  )
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </div>
  )
}
