// A verb of the terminal: its flags, its words for --help, and what it does.
import { describeFlags, parseFlags, toggle, type FlagTable, type FlagValues } from './flags'
import { Output, type TextStream } from './output'
import { UsageError } from './usageError'

export interface VerbDefinition<T extends FlagTable> {
  readonly name: string
  /** What it does, in a line. */
  readonly summary: string
  /** How to call it, without the program's name. */
  readonly usage: string
  /** Ready to copy. */
  readonly examples: readonly string[]
  /** How many operands it takes outside of flags. */
  readonly operands: number
  readonly flags: T
  readonly run: (call: Call<T>) => Promise<void>
}

export interface Call<T extends FlagTable> {
  readonly values: FlagValues<T>
  readonly given: ReadonlySet<string>
  readonly operands: readonly string[]
  readonly output: Output
}

export interface Verb {
  readonly name: string
  readonly summary: string
  readonly help: () => string
  readonly run: (args: readonly string[], streams: Streams) => Promise<void>
}

export interface Streams {
  readonly stdout: TextStream
  readonly stderr: TextStream
}

export const PROGRAM = 'npm run plume --'

const common = {
  json: toggle('One JSON object on stdout instead of text, or one a line, and nothing else there.'),
  help: toggle('This text.'),
}

export function defineVerb<T extends FlagTable>(definition: VerbDefinition<T>): Verb {
  const { name, summary, operands: count } = definition
  const table = { ...definition.flags, ...common }
  return {
    name,
    summary,
    help: () => helpOf(definition, table),
    async run(args, streams) {
      const { values, operands, given } = parseFlags(table, args)
      // `table` holds the definition's flags and the common ones, so its values hold theirs.
      const own = values as FlagValues<T>
      const { json } = values as FlagValues<typeof common>
      const surplus = operands[count]
      if (surplus !== undefined) throw new UsageError(`${surplus} is one word too many`)
      if (operands.length < count) throw new UsageError(`something is missing: ${definition.usage}`)
      await definition.run({ values: own, given, operands, output: new Output({ ...streams, isJson: json }) })
    },
  }
}

type Words = Pick<VerbDefinition<FlagTable>, 'usage' | 'summary' | 'examples'>

function helpOf({ usage, summary, examples }: Words, table: FlagTable): string {
  return [
    summary,
    '',
    `  ${PROGRAM} ${usage}`,
    '',
    ...describeFlags(table),
    '',
    ...examples.map((example) => `  ${PROGRAM} ${example}`),
  ].join('\n')
}
