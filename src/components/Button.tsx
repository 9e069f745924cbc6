import type { ButtonHTMLAttributes, ReactNode } from 'react'
import style from './Button.module.css'

/** `main` is the one next step of a place; `plain` everything else; `quiet` has no border. */
export type ButtonKind = 'main' | 'plain' | 'quiet'

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly kind?: ButtonKind
  readonly isLarge?: boolean
  /** Work this button started goes on: it cannot be pressed and says so. */
  readonly isBusy?: boolean
  readonly children: ReactNode
}

export function Button({ kind = 'plain', isLarge = false, isBusy = false, children, className, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      disabled={rest.disabled || isBusy}
      aria-busy={isBusy || undefined}
      className={[style.button, style[kind], isLarge ? style.large : '', className ?? ''].join(' ')}
    >
      {children}
    </button>
  )
}
