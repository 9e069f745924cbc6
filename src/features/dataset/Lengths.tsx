import { Knob } from '../../components/Knob'
import { Section } from '../../components/Place'
import { useModel } from '../../stores/model'
import { useSettings } from '../../stores/settings'
import type { PreparedCorpus } from '../../text/types'
import { useFormat, useTexts } from '../../strings/useTexts'
import style from './Lengths.module.css'
import { dataTexts } from './texts'

const LEAST_LENGTH = 32
const LENGTH_STEP = 32
/** Until a model says how far it can look. */
const MOST_LENGTH = 512

/** How long the documents are, and the length at which they are cut. */
export function Lengths({ corpus }: { readonly corpus: PreparedCorpus }) {
  const texts = useTexts(dataTexts)
  const format = useFormat()
  const sequenceLength = useSettings((state) => state.settings.sequenceLength)
  const change = useSettings((state) => state.change)
  const most = useModel((state) => (state.state.name === 'ready' ? state.state.info.maxTokens : MOST_LENGTH))
  const { statistics } = corpus
  const isCutIntoPieces = corpus.kind === 'text'
  return (
    <Section title={texts.lengthsTitle} note={texts.lengthsNote}>
      <div className={style.lengths}>
        <Histogram corpus={corpus} sequenceLength={sequenceLength} />
        <Knob
          label={texts.sequenceLength}
          name={texts.sequenceLength}
          value={sequenceLength}
          least={LEAST_LENGTH}
          most={most}
          step={LENGTH_STEP}
          unit={texts.tokensUnit}
          hint={
            isCutIntoPieces
              ? texts.sequenceLengthHintText
              : texts.sequenceLengthHintRows(format.count(statistics.truncated))
          }
          onChange={(length) => change({ sequenceLength: length })}
        />
      </div>
      <details>
        <summary>{texts.asTable}</summary>
        <table>
          <thead>
            <tr>
              <th data-number>{texts.upTo}</th>
              <th data-number>{texts.countColumn}</th>
            </tr>
          </thead>
          <tbody>
            {statistics.lengthHistogram.upTo.map((upTo, index) => (
              <tr key={upTo}>
                <td data-number>{format.count(upTo)}</td>
                <td data-number>{format.count(statistics.lengthHistogram.counts[index] ?? 0)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </Section>
  )
}

const WIDTH = 640
const HEIGHT = 140
const AXIS = 22

interface HistogramProps {
  readonly corpus: PreparedCorpus
  readonly sequenceLength: number
}

function Histogram({ corpus, sequenceLength }: HistogramProps) {
  const texts = useTexts(dataTexts)
  const format = useFormat()
  const { lengthHistogram, documents, longestDocumentTokens } = corpus.statistics
  const { upTo, counts } = lengthHistogram
  const longest = upTo.at(-1) ?? 1
  const highest = Math.max(1, ...counts)
  const x = (length: number) => (length / longest) * WIDTH
  const bars = counts.map((count, index) => {
    const from = upTo[index - 1] ?? 0
    const to = upTo[index] ?? from
    const height = count === 0 ? 0 : Math.max(2, (count / highest) * (HEIGHT - 16))
    return { from, to, count, height, isBeyond: from >= sequenceLength }
  })
  const isInside = sequenceLength <= longest
  return (
    <svg
      className={style.histogram}
      viewBox={`0 0 ${WIDTH} ${HEIGHT + AXIS}`}
      role="img"
      aria-label={texts.lengthsLabel(format.count(documents), format.count(longestDocumentTokens))}
    >
      {bars.map((bar) => (
        <rect
          key={bar.to}
          className={bar.isBeyond ? style.beyond : style.bar}
          x={x(bar.from) + 1}
          y={HEIGHT - bar.height}
          width={Math.max(1, x(bar.to) - x(bar.from) - 2)}
          height={bar.height}
        />
      ))}
      <line className={style.axis} x1={0} x2={WIDTH} y1={HEIGHT} y2={HEIGHT} />
      {isInside && (
        <g>
          <line className={style.cut} x1={x(sequenceLength)} x2={x(sequenceLength)} y1={0} y2={HEIGHT} />
          <text
            className={style.cutLabel}
            x={x(sequenceLength) + (x(sequenceLength) > WIDTH * 0.8 ? -6 : 6)}
            y={11}
            textAnchor={x(sequenceLength) > WIDTH * 0.8 ? 'end' : 'start'}
          >
            {format.count(sequenceLength)}
          </text>
        </g>
      )}
      {[0, longest / 2, longest].map((length, index) => (
        <text
          key={length}
          className={style.tick}
          x={x(length)}
          y={HEIGHT + 17}
          textAnchor={index === 0 ? 'start' : index === 1 ? 'middle' : 'end'}
        >
          {format.count(length)}
          {index === 2 && ` ${texts.tokensUnit}`}
        </text>
      ))}
    </svg>
  )
}
