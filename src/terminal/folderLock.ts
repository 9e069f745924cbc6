// One run at a time in a folder: a file with the process's number, created only where none is. What a killed
// process left behind is recognised by its number and taken over.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { codeOf } from './folderStore'

const LOCK_FILE = 'lock'

/** Releases the lock; null when another process holds it. */
export function lockFolder(folder: string): (() => void) | null {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, LOCK_FILE)
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' })
      return () => rmSync(path, { force: true })
    } catch (thrown) {
      if (codeOf(thrown) !== 'EEXIST') throw thrown
      if (isAlive(holderOf(path))) return null
      rmSync(path, { force: true })
    }
  }
  return null
}

function holderOf(path: string): number {
  try {
    return Number(readFileSync(path, 'utf8'))
  } catch {
    return Number.NaN // released just now
  }
}

function isAlive(processId: number): boolean {
  if (!Number.isInteger(processId) || processId <= 0 || processId === process.pid) return false
  try {
    process.kill(processId, 0) // signal 0 asks and does nothing
    return true
  } catch (thrown) {
    return codeOf(thrown) === 'EPERM'
  }
}
