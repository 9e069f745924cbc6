// What a verb can be told, as one table: parsing, checking and --help read the same rows, so that they
// cannot disagree. The splitting into names and values is node:util's parseArgs.
import { parseArgs } from 'node:util'
import { UsageError } from './usageError'

export interface Flag<V> {
  /** What stands after the name in the help; null for a switch. */
  readonly placeholder: string | null
  readonly help: string
  /** Shown in the help when nothing is given; null when there is nothing to show. */
  readonly shownFallback: string | null
  readonly isRequired: boolean
  /** Takes every value up to the next flag, such as files from a shell pattern. */
  readonly isList: boolean
  /** The value from its texts; none when the flag was not given. Throws a string that ends "--name ...". */
  readonly read: (texts: readonly string[]) => V
}

export type FlagTable = Readonly<Record<string, Flag<unknown>>>

export type FlagValues<T extends FlagTable> = { readonly [Name in keyof T]: T[Name] extends Flag<infer V> ? V : never }

export interface CommandLine<T extends FlagTable> {
  readonly values: FlagValues<T>
  /** What stands outside of flags. */
  readonly operands: readonly string[]
  /** The flags that were given, by name. */
  readonly given: ReadonlySet<string>
}

export interface Range {
  readonly least: number
  readonly most: number
  readonly isWhole?: boolean
}

interface Described {
  readonly help: string
  readonly placeholder: string
}

export function text({ help, placeholder }: Described): Flag<string | null> {
  return { ...single(help, placeholder, null), read: ([first]) => first ?? null }
}

export function requiredText({ help, placeholder }: Described): Flag<string> {
  return { ...single(help, placeholder, null), isRequired: true, read: ([first]) => first ?? '' }
}

export function texts({ help, placeholder }: Described): Flag<readonly string[]> {
  return { ...single(help, placeholder, null), isList: true, read: (given) => given }
}

export function number(fallback: number, { help, ...range }: { readonly help: string } & Range): Flag<number> {
  return {
    ...single(help, placeholderOf(range), String(fallback)),
    read: ([first]) => (first === undefined ? fallback : readNumber(first, range)),
  }
}

export function choice<V extends string>(
  choices: readonly V[],
  { fallback, help }: { readonly fallback: V; readonly help: string },
): Flag<V> {
  return {
    ...single(help, choices.join('|'), fallback),
    read: ([first]) => (first === undefined ? fallback : readChoice(first, choices)),
  }
}

/** Bytes with their unit, as tools of the hub take them: 5GB, 500MB, also 2GiB. */
export function size(
  fallback: string,
  { help, least }: { readonly help: string; readonly least: string },
): Flag<number> {
  const smallest = readSize(least)
  return {
    ...single(help, 'SIZE', fallback),
    read: ([first]) => {
      const bytes = readSize(first ?? fallback)
      if (bytes < smallest) throw new UsageError(`${first} is less than ${least}`)
      return bytes
    },
  }
}

export function toggle(help: string): Flag<boolean> {
  return {
    placeholder: null,
    help,
    shownFallback: null,
    isRequired: false,
    isList: false,
    read: (given) => given.length > 0,
  }
}

/** The same flag, but null when it is not given: something else then says what holds. */
export function optional<V>(flag: Flag<V>): Flag<V | null> {
  return { ...flag, read: (given) => (given.length === 0 ? null : flag.read(given)) }
}

/** A comma-separated list; null when it is not given. */
export function commaList({
  help,
  placeholder,
  fallback,
}: Described & { readonly fallback: string }): Flag<readonly string[] | null> {
  return {
    ...single(help, placeholder, fallback),
    read: ([first]) => (first === undefined ? null : first.split(',').map((item) => item.trim())),
  }
}

/** @throws UsageError with one line that names the flag. */
export function parseFlags<T extends FlagTable>(table: T, args: readonly string[]): CommandLine<T> {
  const { given, operands } = collect(table, args)
  const values = Object.entries(table).map(([name, flag]): [string, unknown] => {
    const found = given.get(name) ?? []
    if (found.length === 0 && flag.isRequired) throw new UsageError(`--${name} ${flag.placeholder ?? ''} is missing`)
    try {
      return [name, flag.read(found)]
    } catch (cause) {
      throw cause instanceof UsageError ? new UsageError(`--${name}: ${cause.message}`, { cause }) : cause
    }
  })
  return {
    // Each entry was read by the flag of its name.
    values: Object.fromEntries(values) as FlagValues<T>,
    operands,
    given: new Set(given.keys()),
  }
}

/** The rows of --help, one for each flag. */
export function describeFlags(table: FlagTable): string[] {
  const heads = Object.entries(table).map(([name, { placeholder, isList }]) =>
    [`--${name}`, ...(placeholder === null ? [] : [isList ? `${placeholder}…` : placeholder])].join(' '),
  )
  const width = Math.min(MOST_HEAD_COLUMNS, Math.max(0, ...heads.map((head) => head.length)))
  return Object.values(table).flatMap((flag, index) => {
    const head = heads[index] ?? ''
    const body = wrap(flag.help + remark(flag), HELP_COLUMNS - width - 4)
    const rest = body.map((line) => `${' '.repeat(width + 4)}${line}`)
    return head.length > width
      ? [`  ${head}`, ...rest]
      : [`  ${head.padEnd(width)}  ${body[0] ?? ''}`, ...rest.slice(1)]
  })
}

const HELP_COLUMNS = 100
const MOST_HEAD_COLUMNS = 34

function single(help: string, placeholder: string, shownFallback: string | null) {
  return { placeholder, help, shownFallback, isRequired: false, isList: false } as const
}

function collect(table: FlagTable, args: readonly string[]) {
  const { tokens } = parseArgs({
    args: [...args],
    // Unknown flags are ours to refuse: parseArgs would answer in several lines.
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: Object.fromEntries(
      Object.entries(table).map(([name, { placeholder, isList }]) => [
        name,
        { type: placeholder === null ? ('boolean' as const) : ('string' as const), multiple: isList },
      ]),
    ),
  })
  const given = new Map<string, string[]>()
  const operands: string[] = []
  let list: string[] | null = null
  for (const token of tokens) {
    if (token.kind === 'option-terminator') list = null
    else if (token.kind === 'positional') (list ?? operands).push(token.value)
    else {
      const flag = table[token.name]
      if (!flag || !token.rawName.startsWith('--')) throw new UsageError(`${token.rawName} is not a known flag`)
      if (given.has(token.name) && !flag.isList) throw new UsageError(`--${token.name} stands twice`)
      if (flag.placeholder === null && token.value !== undefined) {
        throw new UsageError(`--${token.name} takes no value`)
      }
      if (flag.placeholder !== null && (token.value === undefined || isFlagLike(token, table))) {
        throw new UsageError(`--${token.name} ${flag.placeholder} has no value`)
      }
      const values: string[] = given.get(token.name) ?? []
      values.push(token.value ?? '')
      given.set(token.name, values)
      list = flag.isList ? values : null
    }
  }
  return { given, operands }
}

/** `--out --json`: the next flag is not a value. A negative number is one. */
function isFlagLike({ value, inlineValue }: { value?: string; inlineValue?: boolean }, table: FlagTable): boolean {
  return inlineValue !== true && value !== undefined && value.startsWith('--') && value.slice(2) in table
}

function readNumber(given: string, { least, most, isWhole = false }: Range): number {
  const value = given.trim() === '' ? Number.NaN : Number(given)
  if (!(value >= least && value <= most) || (isWhole && !Number.isInteger(value))) {
    throw new UsageError(`${given} is not ${isWhole ? 'a whole number' : 'a number'} from ${least} to ${most}`)
  }
  return value
}

function readChoice<V extends string>(given: string, choices: readonly V[]): V {
  const found = choices.find((one) => one === given)
  if (found === undefined) throw new UsageError(`${given} is not one of ${choices.join(', ')}`)
  return found
}

const units: Readonly<Record<string, number>> = {
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
  TIB: 2 ** 40,
}

function readSize(given: string): number {
  const [, count = '', unit = ''] = /^(\d+(?:\.\d+)?) ?([kmgt]i?b)$/i.exec(given.trim()) ?? []
  const bytes = Math.floor(Number(count) * (units[unit.toUpperCase()] ?? 0))
  if (unit === '' || !Number.isSafeInteger(bytes)) throw new UsageError(`${given} is no size such as 5GB or 500MB`)
  return bytes
}

function placeholderOf({ isWhole = false }: Range): string {
  return isWhole ? 'N' : 'X'
}

function remark({ shownFallback, isRequired }: Flag<unknown>): string {
  if (isRequired) return ' (required)'
  return shownFallback === null ? '' : ` (default ${shownFallback})`
}

function wrap(content: string, columns: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of content.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return [...lines, line]
}
