// Who holds the engine: one undertaking at a time. What comes meanwhile is refused, but that brief work is waited for.
import { AppError } from '../base/errors'

interface Turn {
  readonly isBrief: boolean
  readonly end: Promise<void>
}

export class Turns {
  #now: Turn | null = null

  /** False while something holds the engine that is not brief. */
  get admits(): boolean {
    return this.#now?.isBrief ?? true
  }

  /**
   * Does `work` alone.
   *
   * @param options.isBrief - it takes a second or two: nobody is refused because of it.
   * @param options.waits - also for what is not brief, for work that a page begins by itself.
   * @throws AppError `engine/busy`, and what `work` throws
   */
  async take<T>(work: () => Promise<T>, { isBrief = false, waits = false } = {}): Promise<T> {
    while (this.#now && (waits || this.#now.isBrief)) await this.#now.end
    if (this.#now) throw new AppError('engine/busy', { message: 'another undertaking is under way' })
    let release = () => {}
    this.#now = { isBrief, end: new Promise((resolve) => (release = resolve)) }
    try {
      return await work()
    } finally {
      this.#now = null
      release()
    }
  }
}
