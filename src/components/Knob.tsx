import { useId, type ReactNode } from 'react'
import style from './Knob.module.css'

export interface KnobProps {
  readonly label: ReactNode
  /** The label as plain words, for the range's own name. */
  readonly name: string
  readonly value: number
  readonly least: number
  readonly most: number
  readonly step?: number
  /** Unit after the number. */
  readonly unit?: string
  /** Why one would turn it, and what it changes. */
  readonly hint?: ReactNode
  /** The values the slider stops at, when they are not evenly spaced: 1, 2, 4, 8 … */
  readonly stops?: readonly number[]
  readonly isDisabled?: boolean
  readonly onChange: (value: number) => void
}

/** A number with a slider beside it: drag for a feeling, type for a value. */
export function Knob(props: KnobProps) {
  const { label, name, value, least, most, step = 1, unit, hint, stops, isDisabled = false, onChange } = props
  const id = useId()
  return (
    <div className={style.knob}>
      <label htmlFor={id} className={style.label}>
        {label}
      </label>
      <div className={style.inputs}>
        {stops ? (
          <input
            type="range"
            aria-label={name}
            aria-valuetext={`${value}${unit ? ` ${unit}` : ''}`}
            min={0}
            max={stops.length - 1}
            step={1}
            value={nearestStop(stops, value)}
            disabled={isDisabled}
            onChange={(event) => onChange(stops[event.target.valueAsNumber] ?? value)}
          />
        ) : (
          <input
            type="range"
            aria-label={name}
            min={least}
            max={most}
            step={step}
            value={value}
            disabled={isDisabled}
            onChange={(event) => onChange(event.target.valueAsNumber)}
          />
        )}
        <span className={style.number}>
          <input
            key={value}
            id={id}
            type="number"
            inputMode="decimal"
            min={least}
            max={most}
            step="any"
            defaultValue={value}
            disabled={isDisabled}
            aria-describedby={hint ? `${id}-hint` : undefined}
            onBlur={(event) => take(event.target)}
            onKeyDown={(event) => {
              if (event.key === 'Enter') take(event.currentTarget)
            }}
          />
          {unit && <span className={style.unit}>{unit}</span>}
        </span>
      </div>
      {hint && (
        <p id={`${id}-hint`} className={style.hint}>
          {hint}
        </p>
      )}
    </div>
  )

  /** A typed number counts when it is finished; out of range it is brought back to the border. */
  function take(input: HTMLInputElement): void {
    const typed = input.valueAsNumber
    if (Number.isNaN(typed)) {
      input.value = String(value)
      return
    }
    const inRange = Math.min(most, Math.max(least, typed))
    const right = Number.isInteger(step) ? Math.round(inRange) : inRange
    input.value = String(right)
    if (right !== value) onChange(right)
  }
}

/** By ratio, because stops grow by ratio. */
function nearestStop(stops: readonly number[], value: number): number {
  let best = 0
  for (const [index, stop] of stops.entries()) {
    const distance = Math.abs(Math.log(stop / value))
    if (distance < Math.abs(Math.log((stops[best] ?? 1) / value))) best = index
  }
  return best
}
