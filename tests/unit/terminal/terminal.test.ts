// How a command line ends: which exit code, and one line that says why.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AppError, type ErrorCode } from '../../../src/base/errors'
import { text } from '../../../src/terminal/flags'
import { kindOfPath, modelLocation } from '../../../src/terminal/folders'
import { Interruption } from '../../../src/terminal/interrupts'
import { runTerminal } from '../../../src/terminal/terminal'
import { UsageError } from '../../../src/terminal/usageError'
import { defineVerb } from '../../../src/terminal/verb'

async function run(args: readonly string[], work: () => void = () => {}) {
  const written = { stdout: '', stderr: '' }
  const stream = (name: 'stdout' | 'stderr') => ({
    write: (said: string) => {
      written[name] += said
    },
  })
  const verb = defineVerb({
    name: 'sing',
    summary: 'Sings.',
    usage: 'sing SONG',
    examples: ['sing la'],
    operands: 1,
    flags: { key: text({ placeholder: 'KEY', help: 'In which key.' }) },
    run: ({ output, values, operands }) => {
      work()
      output.line(`${operands[0]} in ${values.key}`)
      output.json({ song: operands[0] })
      return Promise.resolve()
    },
  })
  const streams = { stdout: stream('stdout'), stderr: stream('stderr') }
  return { exitCode: await runTerminal([verb], args, streams), ...written }
}

describe('a command', () => {
  test('that works ends with 0, and with --json in JSON', async () => {
    expect(await run(['sing', 'la', '--key', 'C'])).toEqual({ exitCode: 0, stdout: 'la in C\n', stderr: '' })
    expect(await run(['sing', 'la', '--json'])).toEqual({ exitCode: 0, stdout: '{"song":"la"}\n', stderr: '' })
  })

  test.each([[['--help']], [['sing', '--help']], [['sing', '-h']], [['help']]])(
    '%j explains on stdout',
    async (args) => {
      const { exitCode, stdout, stderr } = await run(args)
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
      expect(stdout).toContain('npm run plume -- sing')
    },
  )

  test.each([
    [['dance'], 'dance is not a verb'],
    [['--json'], '--json is not a verb'],
    [['sing'], 'something is missing'],
    [['sing', 'la', 'le'], 'le is one word too many'],
    [['sing', 'la', '--kye', 'C'], '--kye is not a known flag'],
  ])('%j ends with 2 and one line', async (args, said) => {
    const { exitCode, stdout, stderr } = await run(args)
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toContain(said)
    expect(stderr.trimEnd()).not.toContain('\n')
  })

  test.each<[string, unknown, number]>([
    ['a mistake', new UsageError('no'), 2],
    ['a missing file', new AppError('file/not-readable', { message: 'no' }), 2],
    ['no GPU', new AppError('device/no-adapter', { message: 'no' }), 2],
    ['a setting out of range', new AppError('run/settings-invalid', { message: 'no' }), 2],
    ['a corpus without text', new AppError('corpus/empty', { message: 'no' }), 2],
    ['a foreign adapter', new AppError('adapter/wrong-base', { message: 'no' }), 2],
    ['a model that GGUF cannot say', new AppError('share/not-in-gguf', { message: 'no' }), 2],
    ['a run that broke down', new AppError('run/not-finite', { message: 'no' }), 1],
    ['a lost device', new AppError('device/lost', { message: 'no' }), 1],
    ['a full disk', new AppError('storage/full', { message: 'no' }), 1],
    ['a bug', new Error('no\n  at all'), 1],
    ['Ctrl-C', new Interruption('no', 'SIGINT'), 130],
    ['a polite kill', new Interruption('no', 'SIGTERM'), 143],
  ])('that meets %s says it in one line', async (_, thrown, exitCode) => {
    const ended = await run(['sing', 'la'], () => {
      throw thrown
    })
    expect(ended.exitCode).toBe(exitCode)
    expect(ended.stderr).toMatch(/^plume: no.*\n$/)
  })

  test('names the flag of a setting that is out of range', async () => {
    const code: ErrorCode = 'run/settings-invalid'
    const ended = await run(['sing', 'la'], () => {
      throw new AppError(code, { message: 'sequenceLength is 9, allowed: 8', details: { name: 'sequenceLength' } })
    })
    expect(ended.stderr).toBe('plume: --length is 9, allowed: 8\n')
  })
})

describe('a path', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'plume-paths-'))
    for (const name of ['model', 'adapter', 'empty']) mkdirSync(join(folder, name))
    writeFileSync(join(folder, 'model/config.json'), '{}')
    writeFileSync(join(folder, 'model/model.safetensors'), '')
    writeFileSync(join(folder, 'adapter/adapter_config.json'), '{}')
    writeFileSync(join(folder, 'adapter/adapter_model.safetensors'), '')
    writeFileSync(join(folder, 'text.txt'), 'x')
    writeFileSync(join(folder, 'adapter.zip'), 'x')
  })
  afterAll(() => {
    rmSync(folder, { recursive: true })
  })

  test.each([
    ['model', 'model'],
    ['model/model.safetensors', 'model'],
    ['model/config.json', 'model'],
    ['adapter', 'adapter'],
    ['adapter/adapter_model.safetensors', 'adapter'],
    ['adapter.zip', 'adapter'],
    ['text.txt', 'corpus'],
  ])('%s is a %s', (path, kind) => {
    expect(kindOfPath(join(folder, path))).toBe(kind)
  })

  test('of a model’s file means its folder', () => {
    expect(modelLocation(join(folder, 'model/model.safetensors'))).toBe(join(folder, 'model'))
    expect(modelLocation(null)).toMatch(/plume-stories$/)
  })

  test.each(['missing', 'empty', 'text.txt', 'adapter'])('%s is no model', (path) => {
    expect(() => modelLocation(join(folder, path))).toThrow(join(folder, path))
  })
})
