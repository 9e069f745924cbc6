// Run by scripts/plume.mjs.
import process from 'node:process'
import { runTerminal } from './terminal'
import { train } from './verbs/train'

// `plume … | head` closes the pipe early: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1)
})
const exitCode = await runTerminal([train], process.argv.slice(2), process)
// Dawn's threads keep the process alive: end it once everything is written.
const flushed = (stream: NodeJS.WriteStream) => new Promise<void>((resolve) => stream.write('', () => resolve()))
await Promise.all([flushed(process.stdout), flushed(process.stderr)])
process.exit(exitCode)
