// Checkpoints as files of a folder. A file is written beside its place, flushed, and renamed over it: a
// process that dies in between leaves the old bytes.
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../base/errors'
import type { CheckpointStore } from '../training/checkpoint'

const UNFINISHED_SUFFIX = '.writing'

export class FolderStore implements CheckpointStore {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  async write(name: string, bytes: Uint8Array): Promise<void> {
    await guarded(async () => {
      await mkdir(this.#folder, { recursive: true })
      await replaceFile(join(this.#folder, name), bytes)
    })
  }

  async read(name: string): Promise<Uint8Array | null> {
    return guarded(async () => {
      try {
        return new Uint8Array(await readFile(join(this.#folder, name)))
      } catch (thrown) {
        if (isMissing(thrown)) return null
        throw thrown
      }
    })
  }

  async list(): Promise<readonly string[]> {
    return guarded(async () => {
      try {
        const names = await readdir(this.#folder)
        return names.filter((name) => !name.endsWith(UNFINISHED_SUFFIX)).sort()
      } catch (thrown) {
        if (isMissing(thrown)) return []
        throw thrown
      }
    })
  }

  async remove(name: string): Promise<void> {
    await guarded(() => rm(join(this.#folder, name), { force: true }))
  }
}

/** For verbs that keep nothing. */
export const emptyStore: CheckpointStore = {
  write: () => Promise.resolve(),
  read: () => Promise.resolve(null),
  list: () => Promise.resolve([]),
  remove: () => Promise.resolve(),
}

/** Replaces the file at `path` as a whole. */
export async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  const unfinished = path + UNFINISHED_SUFFIX
  const file = await open(unfinished, 'w')
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(unfinished, path)
}

export function isMissing(thrown: unknown): boolean {
  return codeOf(thrown) === 'ENOENT'
}

export function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : ''
}

async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    const isFull = ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(codeOf(cause))
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new AppError(isFull ? 'storage/full' : 'storage/unavailable', { message, cause })
  }
}
