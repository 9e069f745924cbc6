// npm run plume -- <verb>: the engine from a terminal, in Node on Dawn.
//   TypeScript and WGSL go through Vite's transforms; paths are those of the person's folder, not of npm's.
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runnerImport } from 'vite'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
if (process.env.npm_lifecycle_event === 'plume' && process.env.INIT_CWD) process.chdir(process.env.INIT_CWD)
await runnerImport(join(root, 'src/terminal/main.ts'), { root, configFile: false, logLevel: 'error' })
