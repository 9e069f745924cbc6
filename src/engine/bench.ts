// What the engine lends to an undertaking that is a file of its own.
import type { Device } from '../plan/device'
import type { LoadedModel } from './loadedModel'
import type { WithSession } from './session'

export interface Bench {
  readonly device: Device
  readonly loaded: LoadedModel
  /** Milliseconds, monotonic. */
  readonly now: () => number
  readonly withSession: WithSession
}
