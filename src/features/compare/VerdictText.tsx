// The measured cells as sentences, in the same calm voice whether they please or not.
import { useComparison } from '../../stores/comparison'
import { useFormat, useTexts } from '../../strings/useTexts'
import style from './Compare.module.css'
import { compareTexts } from './texts'
import { verdictOf, type Comparison, type Verdict } from './verdict'

export function VerdictText() {
  const text = useTexts(compareTexts)
  const cells = useComparison((comparison) => comparison.cells)
  const sentences = useSentences(verdictOf(Object.values(cells).flatMap((cell) => cell ?? [])))
  return (
    <div className={style.verdict} aria-live="polite">
      <h3>{text.verdict}</h3>
      {sentences.length > 0 ? (
        <p className={style.verdictText}>{sentences.join(' ')}</p>
      ) : (
        <p className={style.quiet}>{text.verdictEmpty}</p>
      )}
    </div>
  )
}

function useSentences({
  adapterLoss,
  int8Bytes,
  int8Speed,
  int8Products,
  int8Loss,
  int8Agreement,
  generalLoss,
}: Verdict): string[] {
  const text = useTexts(compareTexts)
  const format = useFormat()
  const change = ({ ratio }: Comparison) => format.percent(Math.abs(ratio - 1))
  const sentences: string[] = []
  if (adapterLoss) {
    const [base, adapter] = [format.loss(adapterLoss.first), format.loss(adapterLoss.second)]
    sentences.push(
      {
        down: text.adapterBetter(base, adapter, change(adapterLoss)),
        up: text.adapterWorse(base, adapter),
        same: text.adapterSame(base, adapter),
      }[adapterLoss.direction],
    )
  }
  if (generalLoss) {
    const shift = format.percent(Math.abs(Math.exp(generalLoss.second - generalLoss.first) - 1))
    sentences.push(
      { up: text.forgot(shift), down: text.readsBetter(shift), same: text.forgotNothing }[generalLoss.direction],
    )
  }
  if (int8Bytes) {
    const { direction, first, second, ratio } = int8Bytes
    sentences.push(
      direction === 'down'
        ? text.int8Smaller(format.bytes(second), format.bytes(first), format.percent(ratio))
        : text.int8NotSmaller,
    )
  }
  if (int8Speed) {
    const [float32, int8] = [format.rate(int8Speed.first), format.rate(int8Speed.second)]
    sentences.push(
      {
        up: text.int8Faster(int8, float32, format.rough(int8Speed.ratio)),
        down: text.int8Slower(int8, float32),
        same: text.int8SameSpeed(int8, float32),
      }[int8Speed.direction],
    )
  }
  if (int8Products) {
    const times = format.rough(int8Products.speedup)
    sentences.push(int8Products.isUsed ? text.int8ProductsUsed(times) : text.int8ProductsUnused(times))
  }
  if (int8Loss) {
    sentences.push(
      {
        up: text.int8LossUp(change(int8Loss)),
        down: text.int8LossDown(change(int8Loss)),
        same: text.int8LossSame(format.percent(0.001)),
      }[int8Loss.direction],
    )
  }
  if (int8Agreement !== null) sentences.push(text.int8Agreement(format.percent(int8Agreement)))
  return sentences
}
