// Collects a run's events and hands them over at most ten times a second: crossing a worker border for each
// step would cost more than some steps.
import type { BytesByRole } from '../plan/memory'
import type { RunEvent } from '../training/types'
import type { RunListener } from './api'

const INTERVAL_MS = 100

export class EventBatch {
  readonly #listener: RunListener
  readonly #memory: () => BytesByRole
  readonly #now: () => number
  readonly #history: RunEvent[] = []
  #waiting: RunEvent[] = []
  #lastFlush = Number.NEGATIVE_INFINITY

  constructor(listener: RunListener, memory: () => BytesByRole, now: () => number) {
    this.#listener = listener
    this.#memory = memory
    this.#now = now
  }

  /** Everything so far, to be kept with the checkpoints. */
  get history(): readonly RunEvent[] {
    return this.#history
  }

  /** What an earlier part of the run reported: into the history and to the listener. */
  restore(events: readonly RunEvent[]): void {
    for (const event of events) this.add(event)
  }

  add(event: RunEvent): void {
    this.#history.push(event)
    this.#waiting.push(event)
    if (this.#now() - this.#lastFlush >= INTERVAL_MS) this.flush()
  }

  flush(): void {
    if (this.#waiting.length === 0) return
    const events = this.#waiting
    this.#waiting = []
    this.#lastFlush = this.#now()
    this.#listener(events, this.#memory())
  }
}
