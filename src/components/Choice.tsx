import { useId, type ReactNode } from 'react'
import style from './Choice.module.css'

export interface ChoiceOption<Value extends string> {
  readonly value: Value
  readonly label: ReactNode
  /** A line under the label. */
  readonly hint?: ReactNode
  readonly isDisabled?: boolean
}

export interface ChoiceProps<Value extends string> {
  readonly legend: string
  /** The legend is read aloud but not shown. */
  readonly isLegendHidden?: boolean
  readonly options: readonly ChoiceOption<Value>[]
  readonly value: Value
  /** `row` for short words side by side, `list` for options that explain themselves. */
  readonly layout?: 'row' | 'list'
  readonly isLarge?: boolean
  readonly onChange: (value: Value) => void
}

/** One of a few, all visible: a native radio group drawn as a ruled strip. */
export function Choice<Value extends string>(props: ChoiceProps<Value>) {
  const { legend, isLegendHidden = false, options, value, layout = 'row', isLarge = false, onChange } = props
  const name = useId()
  return (
    <fieldset className={[style.choice, style[layout], isLarge ? style.large : ''].join(' ')}>
      <legend className={isLegendHidden ? 'unseen' : style.legend}>{legend}</legend>
      <div className={style.options}>
        {options.map((option) => (
          <label key={option.value} className={style.option}>
            <input
              type="radio"
              name={name}
              value={option.value}
              checked={option.value === value}
              disabled={option.isDisabled}
              onChange={() => onChange(option.value)}
            />
            <span className={style.text}>
              <span className={style.label}>{option.label}</span>
              {option.hint && <span className={style.hint}>{option.hint}</span>}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}
