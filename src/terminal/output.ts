// Where words go: results to stdout, progress and mistakes to stderr, so that a pipe holds results alone.
// With --json stdout holds one JSON object, or one a line, and nothing else.
export interface TextStream {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

export interface OutputOptions {
  readonly stdout: TextStream
  readonly stderr: TextStream
  readonly isJson: boolean
}

const BAR_CELLS = 24
const DEFAULT_COLUMNS = 80
/** Without a terminal a bar becomes a line at each of so many parts. */
const PLAIN_PARTS = 10

export class Output {
  readonly isJson: boolean
  readonly #stdout: TextStream
  readonly #stderr: TextStream
  #barColumns = 0
  #lastPart = -1

  constructor({ stdout, stderr, isJson }: OutputOptions) {
    this.#stdout = stdout
    this.#stderr = stderr
    this.isJson = isJson
  }

  get isInteractive(): boolean {
    return !this.isJson && this.#stderr.isTTY === true
  }

  /** One line of the readable result. */
  line(text = ''): void {
    if (this.isJson) return
    this.#clearBar()
    this.#stdout.write(`${text}\n`)
  }

  /** A part of a line of the readable result, such as the next word of an answer. */
  part(text: string): void {
    if (!this.isJson) this.#stdout.write(text)
  }

  /** One JSON object on a line of its own. NaN and infinities become null, as JSON has none. */
  json(value: unknown): void {
    if (this.isJson) this.#stdout.write(`${JSON.stringify(value)}\n`)
  }

  /** For the person who waits; never part of the result. */
  note(text: string): void {
    this.#clearBar()
    this.#stderr.write(`${text}\n`)
  }

  /** A remark beside the readable result, on stderr. */
  aside(text: string): void {
    if (!this.isJson) this.note(text)
  }

  /** How far something is: a bar that moves, or a line at each tenth. */
  progress(done: number, all: number, label: string): void {
    if (this.isJson) return
    const share = all > 0 ? Math.min(1, done / all) : 1
    if (this.isInteractive) this.#drawBar(share, label)
    else this.#plainPart(share, label)
  }

  /** Takes the bar away; the next progress begins anew. */
  endProgress(): void {
    this.#clearBar()
    this.#lastPart = -1
  }

  #drawBar(share: number, label: string): void {
    const filled = Math.round(share * BAR_CELLS)
    const bar = `${'█'.repeat(filled)}${'░'.repeat(BAR_CELLS - filled)}`
    const columns = (this.#stderr.columns ?? DEFAULT_COLUMNS) - 1
    const text = `${bar} ${percent(share)}  ${label}`.slice(0, columns)
    this.#stderr.write(`\r${text.padEnd(this.#barColumns)}`)
    this.#barColumns = text.length
  }

  #plainPart(share: number, label: string): void {
    const part = Math.floor(share * PLAIN_PARTS)
    if (part === this.#lastPart || part === 0) return
    this.#lastPart = part
    this.#stderr.write(`${percent(share)}  ${label}\n`)
  }

  #clearBar(): void {
    if (this.#barColumns === 0) return
    this.#stderr.write(`\r${' '.repeat(this.#barColumns)}\r`)
    this.#barColumns = 0
  }
}

/** Columns under each other. alignment: `l` or `r` for each column; the first to the left, others to the right. */
export function table(
  rows: readonly (readonly string[])[],
  { alignment = '' }: { readonly alignment?: string } = {},
): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    rows.reduce((most, row) => Math.max(most, (row[column] ?? '').length), 0),
  )
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0
        const isLeft = (alignment[column] ?? (column === 0 ? 'l' : 'r')) === 'l'
        return isLeft ? cell.padEnd(width) : cell.padStart(width)
      })
      .join('   ')
      .trimEnd(),
  )
}

/** Names to the left, what they stand for beside them. */
export function facts(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(0, ...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`)
}

function percent(share: number): string {
  return `${Math.floor(share * 100)}%`.padStart(4)
}
