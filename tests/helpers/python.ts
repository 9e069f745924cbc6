// Python for the long tests. `PLUME_PYTHON` names one that has tests/interop/requirements.txt; else an
// environment with it is made below node_modules/.cache, which takes gigabytes of PyTorch once.
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')
const interop = join(root, 'tests/interop')
const cache = join(root, 'node_modules/.cache/plume-python')

/** Why there is no Python to test against; the test says it and is skipped. */
export class NoPython extends Error {
  override readonly name = 'NoPython'
}

/** A Python with PyTorch, transformers and PEFT as the goldens were made. @throws NoPython */
export async function latestPython(): Promise<string> {
  const given = process.env['PLUME_PYTHON']
  if (given !== undefined) return given
  return environment('latest', async (python) => {
    await run(python, ['-m', 'pip', 'install', '-q', '-r', join(interop, 'requirements.txt')])
  })
}

/** A Python with the packages of an older PEFT in front of that one's PyTorch. @throws NoPython */
export function olderPython(version: string): Promise<string> {
  return environmentOver(`peft-${version}`)
}

/** A Python with TRL beside that one's PyTorch. @throws NoPython */
export function trlPython(): Promise<string> {
  return environmentOver('trl')
}

/**
 * A Python with llama.cpp, built for no processor in particular: on one with AMX, llama.cpp's own products for it broke
 * off at small matrices of Q8_0, with files of its own writer too.
 *
 * @throws NoPython
 */
export function llamaPython(): Promise<string> {
  return environment('llama-cpp', async (python) => {
    const env = { ...process.env, CMAKE_ARGS: '-DGGML_NATIVE=OFF' }
    await run(python, ['-m', 'pip', 'install', '-q', '-r', join(interop, 'python/llama-cpp.txt')], { env })
  })
}

/** A Python with onnx and ONNX Runtime. @throws NoPython */
export function onnxPython(): Promise<string> {
  return environment('onnx', async (python) => {
    await run(python, ['-m', 'pip', 'install', '-q', '-r', join(interop, 'python/onnx.txt')])
  })
}

/** The packages of tests/interop/python/<name>.txt in front of those of the latest Python. */
async function environmentOver(name: string): Promise<string> {
  const base = await latestPython()
  return environment(name, async (python, folder) => {
    const { stdout } = await run(base, ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))'])
    const [lib = 'lib'] = readdirSync(join(folder, 'lib'))
    writeFileSync(join(folder, 'lib', lib, 'site-packages/base.pth'), stdout)
    const requirements = join(interop, 'python', `${name}.txt`)
    await run(python, ['-m', 'pip', 'install', '-q', '--no-deps', '-r', requirements])
  })
}

async function environment(name: string, fill: (python: string, folder: string) => Promise<void>): Promise<string> {
  const folder = join(cache, name)
  const python = join(folder, 'bin/python')
  const done = join(folder, 'complete')
  if (existsSync(done)) return python
  try {
    mkdirSync(cache, { recursive: true })
    await run('python3', ['-m', 'venv', '--clear', folder])
    await fill(python, folder)
  } catch (cause) {
    throw new NoPython(`no Python environment ${name}: ${cause instanceof Error ? cause.message : String(cause)}`)
  }
  writeFileSync(done, '')
  return python
}

/** @returns what it wrote to stdout. */
export async function runPython(python: string, args: readonly string[]): Promise<string> {
  const env = { ...process.env, HF_HUB_OFFLINE: '1', TOKENIZERS_PARALLELISM: 'false' }
  const { stdout } = await run(python, [...args], { env, maxBuffer: 64 * 1024 * 1024 })
  return stdout
}
