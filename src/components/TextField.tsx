import { useId } from 'react'
import style from './TextField.module.css'

export interface TextFieldProps {
  readonly label: string
  /** A line under the field. */
  readonly hint?: string
  readonly value: string
  readonly onChange: (value: string) => void
  /** The field was left, or Enter was pressed in it. */
  readonly onDone?: () => void
  /** A token: shown as dots. */
  readonly isSecret?: boolean
  readonly isDisabled?: boolean
}

/** A line of text with its name above. The browser neither completes nor corrects it. */
export function TextField(props: TextFieldProps) {
  const { label, hint, value, onChange, onDone, isSecret = false, isDisabled = false } = props
  const id = useId()
  return (
    <div className={style.field}>
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type={isSecret ? 'password' : 'text'}
        value={value}
        disabled={isDisabled}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => onChange(event.target.value)}
        onBlur={onDone}
        onKeyDown={(event) => {
          if (event.key === 'Enter') onDone?.()
        }}
      />
      {hint !== undefined && <small id={`${id}-hint`}>{hint}</small>}
    </div>
  )
}
