// One crosshair for all charts of a run: the pointer over one chart marks the same step on the others. Outside
// React's state, so that moving the pointer renders only the marks.
import { createContext, useContext, useState, useSyncExternalStore, type ReactNode } from 'react'

export interface Crosshair {
  readonly get: () => number | null
  readonly set: (x: number | null) => void
  readonly subscribe: (listener: () => void) => () => void
}

const CrosshairContext = createContext<Crosshair | null>(null)

/** Charts inside share their crosshair. */
export function CrosshairGroup({ children }: { readonly children: ReactNode }) {
  const [crosshair] = useState(createCrosshair)
  return <CrosshairContext value={crosshair}>{children}</CrosshairContext>
}

/** The group's crosshair, or one of its own for a chart that stands alone. */
export function useCrosshair(): Crosshair {
  const [own] = useState(createCrosshair)
  return useContext(CrosshairContext) ?? own
}

export function useCrosshairX(crosshair: Crosshair): number | null {
  return useSyncExternalStore(crosshair.subscribe, crosshair.get, crosshair.get)
}

function createCrosshair(): Crosshair {
  let current: number | null = null
  const listeners = new Set<() => void>()
  return {
    get: () => current,
    set: (x) => {
      if (x === current) return
      current = x
      for (const listener of listeners) listener()
    },
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
