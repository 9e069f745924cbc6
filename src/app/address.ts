// The address of the page, after the #: /place?settings. A setup can be sent as a link; data never is.
import { places, useRoute, type Place } from '../stores/route'
import { useSettings } from '../stores/settings'

/** The address of a place with the settings of now. */
export function addressOf(place: Place, query: string): string {
  return query ? `#/${place}?${query}` : `#/${place}`
}

export function readAddress(hash: string): { readonly place: Place; readonly query: string } {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?')
  return { place: places.find((place) => place === path) ?? 'start', query }
}

/** Keeps the address and the stores the same, both ways. */
export function followAddress(): void {
  const read = () => {
    const { place, query } = readAddress(window.location.hash)
    // A bare address, as one types it, means the place and not "forget my settings".
    if (query) useSettings.getState().readFromQuery(query)
    useRoute.getState().go(place)
  }
  const write = (isNewPlace: boolean) => {
    const address = addressOf(useRoute.getState().place, useSettings.getState().toQuery())
    if (address === window.location.hash) return
    if (isNewPlace) window.history.pushState(null, '', address)
    else window.history.replaceState(null, '', address)
  }
  read()
  write(false)
  window.addEventListener('hashchange', read)
  useRoute.subscribe((now, before) => {
    if (now.place !== before.place) write(readAddress(window.location.hash).place !== now.place)
  })
  // Safari allows 100 changes of the address in 30 seconds: a dragged knob writes when it rests.
  let resting: ReturnType<typeof setTimeout> | undefined
  useSettings.subscribe((now, before) => {
    if (now.settings === before.settings && now.preset === before.preset) return
    clearTimeout(resting)
    resting = setTimeout(() => write(false), 300)
  })
}
