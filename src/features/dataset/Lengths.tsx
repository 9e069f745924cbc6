import { useState } from 'react'
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
        <Histogram
          corpus={corpus}
          sequenceLength={sequenceLength}
          most={most}
          onLength={(length) => change({ sequenceLength: Math.min(most, Math.max(LEAST_LENGTH, length)) })}
        />
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
  /** The longest the model can take. */
  readonly most: number
  /** The border was dragged to this length. */
  readonly onLength: (length: number) => void
}

function Histogram({ corpus, sequenceLength, most, onLength }: HistogramProps) {
  const texts = useTexts(dataTexts)
  const format = useFormat()
  const { lengthHistogram, documents, longestDocumentTokens } = corpus.statistics
  const { upTo, counts } = lengthHistogram
  const [heldScale, holdScale] = useState<number | null>(null)
  // Room to the right of the border, to drag it there.
  const room = Math.min(most, 1.5 * sequenceLength)
  const ownScale = Math.ceil(Math.max(upTo.at(-1) ?? 1, sequenceLength, room) / LENGTH_STEP) * LENGTH_STEP
  // The scale must not move under a border that is being dragged.
  const longest = heldScale ?? ownScale
  // Running text is cut into pieces and loses nothing.
  const isRunning = corpus.kind === 'text'
  const highest = Math.max(1, ...counts)
  const isLabelLeft = sequenceLength > longest * 0.7
  const x = (length: number) => (length / longest) * WIDTH
  const bars = counts.map((count, index) => {
    const from = upTo[index - 1] ?? 0
    const to = upTo[index] ?? from
    const height = count === 0 ? 0 : Math.max(2, (count / highest) * (HEIGHT - 16))
    return { from, to, count, height, isBeyond: !isRunning && from >= sequenceLength }
  })
  return (
    <div className={style.drawing}>
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
        <text
          className={style.cutLabel}
          x={x(sequenceLength) + (isLabelLeft ? -8 : 8)}
          y={0}
          dominantBaseline="hanging"
          textAnchor={isLabelLeft ? 'end' : 'start'}
        >
          {(isRunning ? texts.piecesOf : texts.cutAt)(format.count(sequenceLength))}
        </text>
        {[0, longest / 2, longest].map((length, index) => (
          <text
            key={length}
            className={style.tick}
            x={x(length)}
            y={HEIGHT + 7}
            dominantBaseline="hanging"
            textAnchor={index === 0 ? 'start' : index === 1 ? 'middle' : 'end'}
          >
            {format.count(length)}
            {index === 2 && ` ${texts.tokensUnit}`}
          </text>
        ))}
      </svg>
      <input
        className={style.border}
        type="range"
        aria-label={texts.dragLength}
        title={texts.dragLength}
        min={0}
        max={longest}
        step={LENGTH_STEP}
        value={sequenceLength}
        onPointerDown={() => holdScale(ownScale)}
        onPointerUp={() => holdScale(null)}
        onPointerCancel={() => holdScale(null)}
        onChange={(event) => onLength(event.target.valueAsNumber)}
      />
    </div>
  )
}
