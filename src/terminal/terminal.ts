// The program: picks the verb, prints help, and turns what went wrong into one line and an exit code.
import { failureOf } from './exitCode'
import { UsageError } from './usageError'
import { PROGRAM, type Streams, type Verb } from './verb'

/** Runs one command line and answers with its exit code. */
export async function runTerminal(verbs: readonly Verb[], args: readonly string[], streams: Streams): Promise<number> {
  const [name, ...rest] = args
  const helpWanted = (words: readonly string[]) => words.includes('--help') || words.includes('-h')
  try {
    if (name === undefined || name === 'help' || name.startsWith('-')) {
      if (name !== undefined && name !== 'help' && !helpWanted([name])) throw new UsageError(`${name} is not a verb`)
      streams.stdout.write(`${programHelp(verbs)}\n`)
      return name === undefined ? 2 : 0
    }
    const verb = verbs.find((one) => one.name === name)
    if (!verb) throw new UsageError(`${name} is not a verb: ${verbs.map((one) => one.name).join(', ')}`)
    if (helpWanted(rest)) {
      streams.stdout.write(`${verb.help()}\n`)
      return 0
    }
    await verb.run(rest, streams)
    return 0
  } catch (thrown) {
    const { exitCode, code, message } = failureOf(thrown)
    const hint = code === 'usage' ? ` (${PROGRAM}${name === undefined ? '' : ` ${name}`} --help)` : ''
    streams.stderr.write(`plume: ${message}${hint}\n`)
    return exitCode
  }
}

function programHelp(verbs: readonly Verb[]): string {
  const width = Math.max(...verbs.map(({ name }) => name.length))
  return [
    'Fine-tunes small language models with LoRA, by the engine of the page, on Dawn.',
    '',
    ...verbs.map(({ name, summary }) => `  ${PROGRAM} ${name.padEnd(width)}  ${summary}`),
    '',
    'Each verb has --help, and --json for machines.',
    'Exit codes: 0 done, 1 failed on the way, 2 a wrong flag, file or machine, 130 interrupted.',
  ].join('\n')
}
