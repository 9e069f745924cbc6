// Runs a TypeScript file of this repository in Node, with Vite's transforms (`?raw` and the rest).
//   node scripts/run.mjs path/to/file.ts [arguments]
import { resolve } from 'node:path'
import { runnerImport } from 'vite'

const [file, ...rest] = process.argv.slice(2)
if (!file) {
  console.error('usage: node scripts/run.mjs FILE.ts [arguments]')
  process.exit(2)
}
process.argv = [process.argv[0], file, ...rest]
await runnerImport(resolve(file), { configFile: false, logLevel: 'error' })
