// The address of the page, after the #: /place?settings. A setup can be sent as a link; data never is. An adapter can
// stand there too, in a link that a person asked for: it is taken out as soon as it was read.
import { useLinkedAdapter } from '../stores/linkedAdapter'
import { places, useRoute, type Place } from '../stores/route'
import { useSettings } from '../stores/settings'

/** The address of a place with the settings of now. */
export function addressOf(place: Place, query: string): string {
  return query ? `#/${place}?${query}` : `#/${place}`
}

export interface Address {
  readonly place: Place
  readonly query: string
  /** Of a link with an adapter; null for every other. */
  readonly adapter: string | null
}

export function readAddress(hash: string): Address {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?')
  const parts = query.split('&')
  const adapter = parts.find((part) => part.startsWith(ADAPTER_KEY))
  return {
    place: places.find((place) => place === path) ?? 'start',
    query: parts.filter((part) => part !== adapter).join('&'),
    adapter: adapter?.slice(ADAPTER_KEY.length) ?? null,
  }
}

const ADAPTER_KEY = 'adapter='

/** Keeps the address and the stores the same, both ways. */
export function followAddress(): void {
  const read = () => {
    const { place, query, adapter } = readAddress(window.location.hash)
    // A bare address, as one types it, means the place and not "forget my settings".
    if (query) useSettings.getState().readFromQuery(query)
    useRoute.getState().go(adapter === null ? place : 'share')
    if (adapter === null) return
    void useLinkedAdapter.getState().take(adapter)
    // It would be copied along with the address, by somebody who means to send the settings.
    write(false)
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
