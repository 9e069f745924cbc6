// The values that int8 can hold in a block, as rulers on the scale of the histogram above them: a fine block reaches
// a little way in small steps, a coarse one the whole way in large ones.
import { useFormat, useTexts } from '../../strings/useTexts'
import style from './LookInside.module.css'
import { lookTexts } from './lookTexts'

const WIDTH = 640
const HEIGHT = 16
/** 255 lines would run together: one for each of so many steps. */
const STEPS_PER_LINE = 8

interface Props {
  readonly steps: { readonly finest: number; readonly middle: number; readonly coarsest: number }
  /** The end of the histogram's scale. */
  readonly most: number
}

export function StepRulers({ steps, most }: Props) {
  const text = useTexts(lookTexts)
  const format = useFormat()
  const rulers = [
    { name: text.finest, step: steps.finest },
    { name: text.middle, step: steps.middle },
    { name: text.coarsest, step: steps.coarsest },
  ]
  return (
    <div className={style.rulers}>
      {rulers.map(({ name, step }) => (
        <div key={name} className={style.ruler}>
          <svg
            viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
            preserveAspectRatio="none"
            role="img"
            aria-label={text.rulerLabel(name, format.exponent(step))}
          >
            {linesOf(step).map((value) => {
              const x = most > 0 ? (WIDTH / 2) * (1 + value / most) : WIDTH / 2
              return <line key={value} x1={x} x2={x} y1={value === 0 ? 0 : 5} y2={HEIGHT} />
            })}
          </svg>
          <span>{text.rulerLabel(name, format.exponent(step))}</span>
        </div>
      ))}
    </div>
  )
}

function linesOf(step: number): number[] {
  if (step === 0) return [0]
  const perSide = Math.floor(127 / STEPS_PER_LINE)
  return Array.from({ length: 2 * perSide + 1 }, (_, index) => (index - perSide) * STEPS_PER_LINE * step)
}
