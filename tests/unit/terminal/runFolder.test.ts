// What a run leaves on disk, with real files in a temporary folder.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { RunEvent } from '../../../src/engine/api'
import { lockFolder } from '../../../src/terminal/folderLock'
import { FolderStore } from '../../../src/terminal/folderStore'
import { MetricsFile, RunFolder } from '../../../src/terminal/runFolder'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'plume-terminal-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

const step = (number: number, loss = 1) =>
  ({ kind: 'step', step: number, loss, learningRate: 0.1, gradientNorm: 1, tokens: 8, elapsedMs: 5 }) as const
const validation = (number: number) =>
  ({ kind: 'validation', step: number, loss: 2, perplexity: 7, tokens: 8, isBest: false }) as const

describe('a store in a folder', () => {
  test('gives back what was written last, lists it, and forgets it', async () => {
    const store = new FolderStore(join(folder, 'state'))
    expect(await store.list()).toEqual([])
    expect(await store.read('a')).toBeNull()
    await store.write('a', Uint8Array.of(1, 2))
    await store.write('a', Uint8Array.of(3))
    expect(await store.read('a')).toEqual(Uint8Array.of(3))
    expect(await store.list()).toEqual(['a'])
    await store.remove('a')
    await store.remove('a')
    expect(await store.list()).toEqual([])
  })

  test('does not list what a killed process did not finish writing', async () => {
    const store = new FolderStore(folder)
    await store.write('whole', Uint8Array.of(1))
    writeFileSync(join(folder, 'torn.writing'), 'x')
    expect(await store.list()).toEqual(['whole'])
  })

  test('says that it cannot be had', async () => {
    writeFileSync(join(folder, 'file'), 'x')
    const store = new FolderStore(join(folder, 'file'))
    await expect(store.write('a', Uint8Array.of(1))).rejects.toMatchObject({ code: 'storage/unavailable' })
  })
})

describe('the lock of a folder', () => {
  test('is refused while another process holds it', async () => {
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
    try {
      mkdirSync(join(folder, 'state'))
      writeFileSync(join(folder, 'state/lock'), String(other.pid))
      expect(lockFolder(join(folder, 'state'))).toBeNull()
    } finally {
      const gone = new Promise((resolve) => other.once('exit', resolve))
      other.kill('SIGKILL')
      await gone
    }
    const release = lockFolder(join(folder, 'state'))
    expect(release).not.toBeNull()
    release?.()
    expect(existsSync(join(folder, 'state/lock'))).toBe(false)
  })

  test('that was never used leaves no folder', async () => {
    const out = join(folder, 'out')
    const release = await new RunFolder(out).lock()
    expect(existsSync(out)).toBe(true)
    release()
    expect(existsSync(out)).toBe(false)
  })
})

describe('a folder to train into', () => {
  test('is refused when it holds an adapter or an unfinished run', async () => {
    const run = new RunFolder(folder)
    await run.checkEmpty()
    writeFileSync(join(folder, 'adapter_config.json'), '{}')
    await expect(run.checkEmpty()).rejects.toThrow('adapter_config.json exists')
    await run.store.write('run.request', Uint8Array.of(1))
    await expect(run.checkEmpty()).rejects.toThrow('--resume')
    await run.clear()
    await expect(run.checkEmpty()).rejects.toThrow('adapter_config.json exists')
  })
})

describe('metrics.jsonl', () => {
  const path = () => join(folder, 'metrics.jsonl')
  const lines = () =>
    readFileSync(path(), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))

  test('holds each step and each validation once', async () => {
    const metrics = await MetricsFile.open(path(), 0, [])
    expect(metrics.add(step(1))).toBe(true)
    expect(metrics.add(validation(1))).toBe(true)
    expect(metrics.add(step(1, 9))).toBe(false)
    expect(lines()).toEqual([step(1), validation(1)])
  })

  test('of a killed run keeps what its checkpoint knows, and closes gaps from its curves', async () => {
    const before: RunEvent[] = [validation(0), step(1), step(2), { kind: 'checkpoint', step: 2 }]
    // Step 2 was not written any more when the process was killed; steps 3 and a half of 4 came after the checkpoint.
    const written = [validation(0), step(1), step(3)].map((one) => JSON.stringify(one)).join('\n')
    writeFileSync(path(), `${written}\n{"kind":"step","st`)
    const metrics = await MetricsFile.open(path(), 2, before)
    expect(lines()).toEqual([validation(0), step(1), step(2)])
    expect(metrics.add(step(2))).toBe(false)
    expect(metrics.add(step(3))).toBe(true)
    expect(lines()).toHaveLength(4)
  })
})
