import { useEffect, useRef, useState } from 'react'
import { inTurn } from './redraws'

/** Charts redraw at most this often: reading a curve needs no more, and training needs the time. */
export const REDRAW_EVERY_MS = 250

/** `value`, but changing at most once every `intervalMs`, in a frame of its own; the last one always arrives. */
export function useThrottled<T>(value: T, intervalMs = REDRAW_EVERY_MS): T {
  const [shown, setShown] = useState(value)
  const shownAt = useRef(0)
  useEffect(() => {
    let leave = () => {}
    const wait = Math.max(0, shownAt.current + intervalMs - performance.now())
    const timer = setTimeout(() => {
      leave = inTurn(() => {
        shownAt.current = performance.now()
        setShown(value)
      })
    }, wait)
    return () => {
      clearTimeout(timer)
      leave()
    }
  }, [value, intervalMs])
  return shown
}
