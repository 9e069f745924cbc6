// Gives tests that were written for a browser what they need of one in Node: `navigator.gpu`, and files of this
// repository by the paths that the development server has for them.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findGpu } from '../../src/terminal/dawn'

const root = join(import.meta.dirname, '../..')

// Before Node 21 there is no navigator.
Object.defineProperty(globalThis, 'navigator', { value: { gpu: await findGpu() }, configurable: true })

globalThis.fetch = async (input) => {
  if (typeof input !== 'string' || !input.startsWith('/')) throw new Error('only files of this repository are served')
  return new Response(await readFile(join(root, input)))
}
