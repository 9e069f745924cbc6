// How far each linear of each layer has moved: a strip of heat with the figures in its cells.
import type { CSSProperties } from 'react'
import { Section } from '../../components/Place'
import { linearNames, type AdapterInfo } from '../../engine/api'
import { useFormat, useTexts } from '../../strings/useTexts'
import style from './Share.module.css'
import { shareTexts } from './texts'

export function MovementSection({ info }: { readonly info: AdapterInfo }) {
  const text = useTexts(shareTexts)
  const format = useFormat()
  const most = info.movement.reduce((best, cell) => (cell.share > best.share ? cell : best))
  const layers = [...new Set(info.movement.map(({ layer }) => layer))].toSorted((a, b) => a - b)
  const linears = linearNames.filter((name) => info.movement.some(({ linear }) => linear === name))
  return (
    <Section title={text.movement} note={text.movementNote}>
      <p>
        {text.movementSentence(
          most.linear.replace('_proj', ''),
          format.count(most.layer + 1),
          format.percent(most.share),
        )}
      </p>
      {/* A region that scrolls must be reachable by keyboard. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <section className={style.scroll} tabIndex={0} aria-label={text.movement}>
        <table className={style.heat}>
          <thead>
            <tr>
              <th scope="col">{text.linear}</th>
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
                <th scope="row">{linear.replace('_proj', '')}</th>
                {layers.map((layer) => {
                  const cell = info.movement.find((one) => one.layer === layer && one.linear === linear)
                  // A custom property is the one thing here that only the data knows.
                  const heat = {
                    '--heat': `${Math.round((100 * (cell?.share ?? 0)) / (most.share || 1))}%`,
                  } as CSSProperties
                  return (
                    <td key={layer} style={heat}>
                      {cell ? format.percent(cell.share) : '–'}
                    </td>
                  )
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </Section>
  )
}
