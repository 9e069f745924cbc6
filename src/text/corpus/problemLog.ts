// Row problems, counted by kind, with the first line numbers of each.
import type { Problem, ProblemKind } from '../types'

const MAX_LINES = 20

export class ProblemLog {
  readonly #file: string
  readonly #found = new Map<ProblemKind, { count: number; lines: number[] }>()

  constructor(file: string) {
    this.#file = file
  }

  /** line: 1-based; left out when the problem is not about a line. */
  add(kind: ProblemKind, line?: number): void {
    const entry = this.#found.get(kind) ?? { count: 0, lines: [] }
    this.#found.set(kind, entry)
    entry.count++
    if (line !== undefined && entry.lines.length < MAX_LINES) entry.lines.push(line)
  }

  list(): Problem[] {
    return [...this.#found].map(([kind, { count, lines }]) => ({ kind, file: this.#file, count, lines }))
  }
}
