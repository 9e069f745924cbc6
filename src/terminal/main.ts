// Run by scripts/plume.mjs.
import process from 'node:process'
import { runTerminal } from './terminal'
import { bench } from './verbs/bench'
import { cluster } from './verbs/cluster'
import { devices } from './verbs/devices'
import { evaluate } from './verbs/evaluate'
import { generate } from './verbs/generate'
import { inspect } from './verbs/inspect'
import { merge } from './verbs/merge'
import { train } from './verbs/train'

// `plume … | head` closes the pipe early: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1)
})
const exitCode = await runTerminal(
  [inspect, train, evaluate, generate, merge, cluster, devices, bench],
  process.argv.slice(2),
  process,
)
// Dawn's threads keep the process alive: end it once everything is written.
const flushed = (stream: NodeJS.WriteStream) => new Promise<void>((resolve) => stream.write('', () => resolve()))
await Promise.all([flushed(process.stdout), flushed(process.stderr)])
process.exit(exitCode)
