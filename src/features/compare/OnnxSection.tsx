// The base in a runtime that others made: whether it says the same, how large it is there and how fast.
import { Button } from '../../components/Button'
import { ErrorNotice } from '../../components/Notice'
import { Section } from '../../components/Place'
import { Progress } from '../../components/Progress'
import {
  onnxPrecisions,
  type Measurement,
  type OnnxMeasurement,
  type OnnxProvider,
  type Precision,
} from '../../engine/api'
import { cellId } from '../../stores/comparedCells'
import { useComparison } from '../../stores/comparison'
import { useOnnxReference } from '../../stores/onnxReference'
import { termTexts } from '../../strings/terms'
import { useFormat, useTexts } from '../../strings/useTexts'
import style from './Compare.module.css'
import { onnxTexts } from './onnxTexts'
import { useIsFree } from '../../stores/useIsFree'

export function OnnxSection() {
  const text = useTexts(onnxTexts)
  const terms = useTexts(termTexts)
  const { state, measurements } = useOnnxReference()
  const { measure, stop } = useOnnxReference.getState()
  const isFree = useIsFree()
  const isMeasuring = state.name === 'measuring'
  return (
    <Section
      title={text.title}
      note={text.note}
      tools={
        isMeasuring ? (
          <Button onClick={stop}>{text.stop}</Button>
        ) : (
          <Button disabled={!isFree} onClick={() => void measure()}>
            {text.measure}
          </Button>
        )
      }
    >
      {isMeasuring && (
        <Progress
          label={
            state.request ? text.measuring(text[state.request.provider], terms[state.request.precision]) : text.fetching
          }
          share={state.done / state.all}
        />
      )}
      {state.name === 'failed' && <ErrorNotice error={state.error} />}
      {measurements.length > 0 && <OnnxTable measurements={measurements} />}
      <Sentence measurements={measurements} />
    </Section>
  )
}

/** What rounding in another order may do to the logits of a model; a wrong operator errs by far more. */
const SAME_TO = 1e-4

function Sentence({ measurements }: { readonly measurements: readonly OnnxMeasurement[] }) {
  const text = useTexts(onnxTexts)
  const format = useFormat()
  const inFloat32 = measurements.filter(({ precision }) => precision === 'float32').map(({ difference }) => difference)
  const worst = inFloat32.toSorted((a, b) => b.largest - a.largest)[0]
  if (!worst) return null
  const say = worst.largest <= SAME_TO ? text.same : text.apart
  return <p className={style.verdictText}>{say(format.count(worst.tokens), format.exponent(worst.largest))}</p>
}

interface Row {
  readonly provider: OnnxProvider | 'plume'
  readonly precision: Precision
  readonly bytes: number
  readonly loadMs: number
  readonly reading: Measurement
  readonly writing: Measurement
  /** null: what the others are compared with. */
  readonly difference: number | null
}

function OnnxTable({ measurements }: { readonly measurements: readonly OnnxMeasurement[] }) {
  const text = useTexts(onnxTexts)
  const terms = useTexts(termTexts)
  const format = useFormat()
  const ours = useOurRows()
  const rows: readonly Row[] = [...ours, ...measurements.map(rowOf)]
  const rate = ({ value, spread, n }: Measurement) => (
    <td data-number>
      {format.rate(value)} {terms.tokensPerSecond}
      <span className={style.spread}>
        ±{format.rate(spread)}, n {format.count(n)}
      </span>
    </td>
  )
  return (
    // A region that scrolls must be reachable by keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <section className={style.scroll} tabIndex={0} aria-label={text.title}>
      <table className={style.trials}>
        <thead>
          <tr>
            <th scope="col">{text.where}</th>
            {[text.size, text.loading, text.reading, text.writing, text.difference].map((title) => (
              <th key={title} scope="col" data-number>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={`${row.provider} ${row.precision}`}>
              <th scope="row">
                {text[row.provider]}, {terms[row.precision]}
              </th>
              <td data-number>{format.bytes(row.bytes)}</td>
              <td data-number>{format.significant(row.loadMs)} ms</td>
              {rate(row.reading)}
              {rate(row.writing)}
              <td data-number>{row.difference === null ? text.itself : format.exponent(row.difference)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {ours.length < 2 && <p className={style.quiet}>{text.notMeasured}</p>}
    </section>
  )
}

function rowOf({ provider, precision, fileBytes, loadMs, difference, ...speed }: OnnxMeasurement): Row {
  const { prefillTokensPerSecond: reading, decodeTokensPerSecond: writing } = speed
  return { provider, precision, bytes: fileBytes, loadMs, reading, writing, difference: difference.largest }
}

/** The base's own cells, where they were measured. */
function useOurRows(): Row[] {
  const cells = useComparison((comparison) => comparison.cells)
  return onnxPrecisions.flatMap((precision): Row[] => {
    const cell = cells[cellId({ model: 'base', precision })]
    if (!cell) return []
    const { loadMs, prefillTokensPerSecond: reading, decodeTokensPerSecond: writing, memory } = cell
    return [{ provider: 'plume', precision, bytes: memory.weights, loadMs, reading, writing, difference: null }]
  })
}
