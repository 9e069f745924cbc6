import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

export const goldensFolder = join(import.meta.dirname, '../interop/goldens')

/** The bytes of a file below tests/interop/goldens. */
export async function readGoldenFile(path: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await readFile(join(goldensFolder, path)))
}
