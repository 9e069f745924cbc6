// The command itself, on a real device: what the page does, in a few commands. Small, since SwiftShader is slow.
import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../../..')

/** Against hanging for ever, not a claim about speed: twelve seconds of processor time, and others run beside it. */
const LIMIT_MS = 240_000

interface Ended {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs one command; `onOutput` sees all of stdout so far and may send a signal. */
function plume(args: readonly string[], onOutput?: (stdout: string, kill: (signal: 'SIGINT') => void) => void) {
  return new Promise<Ended>((done, fail) => {
    const child = spawn(process.execPath, [join(root, 'scripts/plume.mjs'), ...args], { cwd: folder })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString()
      onOutput?.(stdout, (signal) => child.kill(signal))
    })
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString()
    })
    child.on('error', fail)
    child.on('close', (exitCode) => done({ exitCode, stdout, stderr }))
  })
}

const jsonLines = ({ stdout }: Ended) =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

const settings = (
  '--data log.txt --length 16 --batch 1 --steps 4 --validation-share 0 --lr 0.01 --warmup 0 ' +
  '--dropout 0.1 --rank 4 --targets q_proj,v_proj --json'
).split(' ')

let folder: string
let whole: Ended
let interrupted: Ended

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'plume-command-'))
  const text = readFileSync(join(root, 'public/corpora/lighthouse-log.txt'), 'utf8')
  writeFileSync(join(folder, 'log.txt'), text.slice(0, 600))
  let isInterrupted = false
  ;[whole, interrupted] = await Promise.all([
    plume(['train', ...settings, '--out', 'whole']),
    plume(['train', ...settings, '--out', 'broken'], (stdout, kill) => {
      if (isInterrupted || !stdout.includes('"step":1,')) return
      isInterrupted = true // a second signal would end it at once
      kill('SIGINT')
    }),
  ])
}, LIMIT_MS)

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

describe('train', () => {
  test('writes a PEFT folder, a line of metrics for each step, and one JSON object a line', () => {
    expect(whole).toMatchObject({ exitCode: 0, stderr: '' })
    const lines = jsonLines(whole)
    expect(lines.map(({ kind }) => kind)).toEqual(['step', 'step', 'step', 'step', 'result'])
    expect(lines.at(-1)).toMatchObject({ end: 'finished', steps: 4, adapter: { rank: 4, hasEffect: true } })
    const metrics = readFileSync(join(folder, 'whole/metrics.jsonl'), 'utf8')
    expect(metrics).toBe(
      lines
        .slice(0, -1)
        .map((line) => `${JSON.stringify(line)}\n`)
        .join(''),
    )
    const config = JSON.parse(readFileSync(join(folder, 'whole/adapter_config.json'), 'utf8'))
    expect(config).toMatchObject({ peft_type: 'LORA', r: 4 })
    expect(existsSync(join(folder, 'whole/adapter_model.safetensors'))).toBe(true)
    expect(existsSync(join(folder, 'whole/.plume'))).toBe(false)
  })

  test(
    'interrupted ends with 130, says how to go on, and goes on to the same bytes',
    async () => {
      expect(interrupted.exitCode).toBe(130)
      expect(interrupted.stderr).toContain('npm run plume -- train --out broken --resume')
      cpSync(join(folder, 'broken'), join(folder, 'other'), { recursive: true })
      const refused = await plume(['train', ...settings, '--out', 'other', '--resume', '--rank', '8'])
      expect(refused.exitCode).toBe(2)
      const resumed = await plume(['train', '--out', 'broken', '--resume', '--json'])
      expect(resumed).toMatchObject({ exitCode: 0, stderr: '' })
      expect(jsonLines(resumed).at(-1).adapterSha256).toBe(jsonLines(whole).at(-1).adapterSha256)
      const steps = readFileSync(join(folder, 'broken/metrics.jsonl'), 'utf8').trimEnd().split('\n')
      expect(steps.map((line) => JSON.parse(line).step)).toEqual([1, 2, 3, 4])
    },
    LIMIT_MS,
  )
})

describe('evaluate', () => {
  test(
    'finds the trained text likelier with the adapter, and gives each token its loss',
    async () => {
      const flags = ['evaluate', '--data', 'log.txt', '--length', '64', '--json', '--per-token']
      const base = jsonLines(await plume(flags))
      const tuned = jsonLines(await plume([...flags, '--adapter', 'whole']))
      expect(base).toHaveLength(1)
      expect(tuned[0].loss).toBeLessThan(base[0].loss)
      const losses = tuned[0].perToken.map(({ loss }: { loss: number }) => loss)
      expect(losses).toHaveLength(tuned[0].tokens)
      // Both sum the same numbers in float64, in another order.
      expect(losses.reduce((sum: number, loss: number) => sum + loss, 0) / losses.length).toBeCloseTo(tuned[0].loss, 12)
      expect(tuned[0].perplexity).toBeCloseTo(Math.exp(tuned[0].loss), 9)
      expect(tuned[0].perToken.map(({ text }: { text: string }) => text).join('')).toContain('Lamp lit at six')
    },
    LIMIT_MS,
  )
})

describe('bench', () => {
  test(
    'times the steps at the shape that was asked for, by the names that bench/torch/steps.py has for them',
    async () => {
      const flags = '--device processor --only step/float32 --rounds 1 --rank 4 --batch 1 --length 16 --json'
      const [result] = jsonLines(await plume(['bench', ...flags.split(' ')]))
      expect(result.settings).toEqual({ rank: 4, batchSize: 1, sequenceLength: 16 })
      const names = result.rows.map(({ name }: { name: string }) => name)
      const theirs = readFileSync(join(root, 'bench/torch/steps.py'), 'utf8').matchAll(/^ {8}"(.+)": \w+,$/gm)
      expect(Array.from(theirs, ([, name]) => name)).toEqual(names)
      const training = result.rows.find(({ name }: { name: string }) => name === 'training step')
      expect(training).toMatchObject({ what: 'step/float32', precision: 'float32', timing: { n: 1 } })
    },
    LIMIT_MS,
  )
})

describe('merge', () => {
  test(
    'writes one GGUF file with its Modelfile, or a folder in shards in the place of other weights, each proven',
    async () => {
      const stale = ['model.safetensors', 'model-00003-of-00003.safetensors']
      mkdirSync(join(folder, 'shards'))
      for (const name of stale) writeFileSync(join(folder, 'shards', name), 'of another model')
      const from = ['merge', '--adapter', 'whole', '--device', 'processor', '--json', '--out']
      const [gguf, shards] = await Promise.all([
        plume([...from, 'gguf', '--gguf', 'q8_0']),
        plume([...from, 'shards', '--shard-size', '4MB', '--overwrite']),
      ])
      expect([gguf, shards]).toMatchObject([{ exitCode: 0 }, { exitCode: 0 }])
      const files = { gguf: ['Modelfile', 'README.md', 'model-q8_0.gguf'], shards: jsonLines(shards)[0].files }
      for (const name of ['gguf', 'shards'] as const) {
        expect(readdirSync(join(folder, name)).toSorted()).toEqual(files[name].toSorted())
      }
      expect(files.shards.filter((name: string) => name.startsWith('model'))).toEqual([
        'model.safetensors.index.json',
        'model-00001-of-00002.safetensors',
        'model-00002-of-00002.safetensors',
      ])
      expect(jsonLines(gguf)[0]).toMatchObject({ stored: 'GGUF Q8_0', needsTemplate: false, proof: { tokens: 32 } })
      expect(readFileSync(join(folder, 'gguf/Modelfile'), 'utf8')).toContain('FROM ./model-q8_0.gguf')
    },
    LIMIT_MS,
  )
})

describe('a wrong command', () => {
  test.each([
    [['train', '--data', 'missing.txt', '--out', 'none'], 'missing.txt: no such file'],
    [['train', '--data', 'log.txt', '--out', 'none', '--length', '4096'], '--length is 4096'],
    [['train', ...settings, '--out', 'whole'], 'whole/adapter_config.json exists'],
    [['merge', '--adapter', 'whole', '--out', 'none', '--gguf', 'f16', '--onnx', 'int8'], '--gguf and --onnx'],
  ])(
    '%j ends with 2, one line, and no folder',
    async (args, said) => {
      const { exitCode, stdout, stderr } = await plume(args)
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
      expect(stderr).toContain(said)
      expect(stderr.trimEnd()).not.toContain('\n')
      expect(existsSync(join(folder, 'none'))).toBe(false)
    },
    LIMIT_MS,
  )
})
