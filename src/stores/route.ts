// Which of the places is open. The address in the browser follows it, see app/address.ts.
import { create } from 'zustand'

/** In the order of the work; the Lab stands beside it. */
export const places = ['start', 'data', 'model', 'train', 'compare', 'share', 'lab'] as const
export type Place = (typeof places)[number]

interface RouteState {
  readonly place: Place
  readonly go: (place: Place) => void
}

export const useRoute = create<RouteState>()((set) => ({
  place: 'start',
  go: (place) => set({ place }),
}))
