// JSON for headers of untrusted files. JSON.parse keeps the last of two equal keys, rounds integers
// beyond 2^53 and has no limit on depth; here each of those is an error.
//
// Objects come back as Maps, so that `__proto__` is a key like any other.

export type StrictJson = null | boolean | number | string | StrictJson[] | Map<string, StrictJson>

export interface StrictJsonOptions {
  /** How many arrays and objects may stand inside each other. */
  readonly maxDepth: number
  /** Refuses 1.0, 1e2 and everything beyond 2^53 - 1. */
  readonly integersOnly?: boolean
}

/** What is wrong and where. Readers turn it into an AppError of their own area. */
export class StrictJsonError extends Error {
  override readonly name = 'StrictJsonError'
  readonly kind: 'syntax' | 'duplicate-key' | 'too-deep' | 'number'
  /** Index into the text. */
  readonly at: number
  /** 1 for a key of the outermost object. */
  readonly depth: number

  constructor(kind: StrictJsonError['kind'], { at, depth, message }: { at: number; depth: number; message: string }) {
    super(`${message} at character ${at}`)
    this.kind = kind
    this.at = at
    this.depth = depth
  }
}

/** @throws StrictJsonError, and nothing else. */
export function parseStrictJson(text: string, { maxDepth, integersOnly = false }: StrictJsonOptions): StrictJson {
  let at = 0
  let depth = 0
  skipSpace()
  const value = parseValue()
  skipSpace()
  if (at !== text.length) throw failure('syntax', 'text after the end')
  return value

  function failure(kind: StrictJsonError['kind'], message: string): StrictJsonError {
    return new StrictJsonError(kind, { at, depth, message })
  }

  function skipSpace(): void {
    for (;;) {
      const code = text.charCodeAt(at)
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return
      at++
    }
  }

  function parseValue(): StrictJson {
    switch (text[at]) {
      case '{':
        return nested(parseObject)
      case '[':
        return nested(parseArray)
      case '"':
        return parseString()
      case 't':
        return word('true', true)
      case 'f':
        return word('false', false)
      case 'n':
        return word('null', null)
      default:
        return parseNumber()
    }
  }

  // Recursion is bounded by maxDepth, so the stack is safe.
  function nested(parse: () => StrictJson): StrictJson {
    if (depth >= maxDepth) throw failure('too-deep', `more than ${maxDepth} levels`)
    depth++
    at++
    const value = parse()
    depth--
    return value
  }

  function parseObject(): Map<string, StrictJson> {
    const object = new Map<string, StrictJson>()
    skipSpace()
    if (take('}')) return object
    for (;;) {
      skipSpace()
      if (text[at] !== '"') throw failure('syntax', 'expected a key')
      const key = parseString()
      if (object.has(key)) throw failure('duplicate-key', `the key ${JSON.stringify(key.slice(0, 80))} twice`)
      skipSpace()
      if (!take(':')) throw failure('syntax', 'expected a colon')
      skipSpace()
      object.set(key, parseValue())
      skipSpace()
      if (take('}')) return object
      if (!take(',')) throw failure('syntax', 'expected a comma or a brace')
    }
  }

  function parseArray(): StrictJson[] {
    const array: StrictJson[] = []
    skipSpace()
    if (take(']')) return array
    for (;;) {
      skipSpace()
      array.push(parseValue())
      skipSpace()
      if (take(']')) return array
      if (!take(',')) throw failure('syntax', 'expected a comma or a bracket')
    }
  }

  function parseString(): string {
    const start = at
    let hasEscape = false
    for (at++; at < text.length; at++) {
      const code = text.charCodeAt(at)
      if (code === 0x22) {
        at++
        return hasEscape ? unescape(start) : text.slice(start + 1, at - 1)
      }
      if (code < 0x20) break
      if (code === 0x5c) {
        hasEscape = true
        at++
      }
    }
    throw failure('syntax', 'a string without its end')
  }

  function unescape(start: number): string {
    let value: unknown
    try {
      value = JSON.parse(text.slice(start, at))
    } catch {
      throw failure('syntax', 'a string with a bad escape')
    }
    // A lone surrogate has no UTF-8, so no writer can have meant it.
    if (typeof value !== 'string' || /\p{Surrogate}/u.test(value)) throw failure('syntax', 'half a character')
    return value
  }

  function parseNumber(): number {
    numberPattern.lastIndex = at
    const digits = numberPattern.exec(text)?.[0]
    if (digits === undefined) throw failure('syntax', 'expected a value')
    const value = Number(digits)
    if (integersOnly && !(Number.isSafeInteger(value) && /^-?\d+$/.test(digits))) {
      throw failure('number', `the number ${digits.slice(0, 40)}, not an integer up to 2^53 - 1,`)
    }
    if (!Number.isFinite(value)) throw failure('number', `the number ${digits.slice(0, 40)}, beyond all numbers,`)
    at += digits.length
    return value
  }

  function word<T extends boolean | null>(name: string, value: T): T {
    if (!text.startsWith(name, at)) throw failure('syntax', 'expected a value')
    at += name.length
    return value
  }

  function take(character: string): boolean {
    if (text[at] !== character) return false
    at++
    return true
  }
}

const numberPattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
