import { describe, expect, test } from 'vitest'
import {
  choice,
  commaList,
  describeFlags,
  number,
  optional,
  parseFlags,
  requiredText,
  size,
  text,
  texts,
  toggle,
} from '../../../src/terminal/flags'
import { UsageError } from '../../../src/terminal/usageError'

const table = {
  out: requiredText({ placeholder: 'DIR', help: 'A folder.' }),
  name: text({ placeholder: 'NAME', help: 'A name.' }),
  data: texts({ placeholder: 'FILE', help: 'Files.' }),
  rank: number(8, { least: 1, most: 256, isWhole: true, help: 'A rank.' }),
  lr: optional(number(0.002, { least: -1, most: 1, help: 'A rate.' })),
  schedule: choice(['constant', 'linear'], { fallback: 'linear', help: 'A schedule.' }),
  targets: commaList({ placeholder: 'NAME,…', fallback: 'all', help: 'Names.' }),
  fast: toggle('A switch.'),
}

const parse = (...args: string[]) => parseFlags(table, ['--out', 'o', ...args])

describe('a command line', () => {
  test('without flags has the defaults, and null where there is none', () => {
    expect(parse().values).toEqual({
      out: 'o',
      name: null,
      data: [],
      rank: 8,
      lr: null,
      schedule: 'linear',
      targets: null,
      fast: false,
    })
  })

  test('gives each flag the type of its row', () => {
    const args = ['--rank', '4', '--lr=-0.5', '--schedule', 'constant', '--targets', 'q_proj, v_proj', '--fast']
    const { values, given } = parse(...args)
    expect(values).toMatchObject({ rank: 4, lr: -0.5, schedule: 'constant', targets: ['q_proj', 'v_proj'], fast: true })
    expect([...given]).toEqual(['out', 'rank', 'lr', 'schedule', 'targets', 'fast'])
  })

  test('takes a list up to the next flag, as a shell pattern gives it, and repeated', () => {
    const { values, operands } = parse('--data', 'a', 'b', 'c', '--fast', 'model', '--data', 'd')
    expect(values.data).toEqual(['a', 'b', 'c', 'd'])
    expect(operands).toEqual(['model'])
  })

  test('takes words after -- as operands', () => {
    expect(parse('--data', 'a', '--', '--b').operands).toEqual(['--b'])
  })

  test.each([
    [['--rank', '0'], '--rank: 0 is not a whole number from 1 to 256'],
    [['--rank', '1.5'], '--rank: 1.5 is not a whole number from 1 to 256'],
    [['--rank', 'eight'], '--rank: eight is not a whole number from 1 to 256'],
    [['--rank='], '--rank:  is not a whole number from 1 to 256'],
    [['--lr', 'NaN'], '--lr: NaN is not a number from -1 to 1'],
    [['--schedule', 'cubic'], '--schedule: cubic is not one of constant, linear'],
    [['--rnak', '4'], '--rnak is not a known flag'],
    [['-r', '4'], '-r is not a known flag'],
    [['--rank'], '--rank N has no value'],
    [['--name', '--fast'], '--name NAME has no value'],
    [['--fast=yes'], '--fast takes no value'],
    [['--rank', '4', '--rank', '8'], '--rank stands twice'],
  ])('%j is refused in one line', (args, message) => {
    expect(() => parse(...args)).toThrow(new UsageError(message))
  })

  test('without a required flag is refused', () => {
    expect(() => parseFlags(table, [])).toThrow(new UsageError('--out DIR is missing'))
  })
})

describe('help', () => {
  const help = describeFlags(table).join('\n')

  test('has a row for every flag, with its default or that it is required', () => {
    for (const name of Object.keys(table)) expect(help).toContain(`--${name}`)
    expect(help).toMatch(/--out DIR +A folder. \(required\)/)
    expect(help).toMatch(/--rank N +A rank. \(default 8\)/)
    expect(help).toMatch(/--lr X +A rate. \(default 0.002\)/)
    expect(help).toMatch(/--data FILE… +Files./)
    expect(help).toMatch(/--schedule constant\|linear +A schedule. \(default linear\)/)
  })

  test('keeps to a hundred columns', () => {
    const long = { ...table, long: toggle('word '.repeat(100).trim()) }
    expect(Math.max(...describeFlags(long).map((line) => line.length))).toBeLessThanOrEqual(100)
  })
})

describe('a size', () => {
  const sizes = { limit: size('5GB', { least: '1MB', help: 'A size.' }) }
  test.each([
    [[], 5e9],
    [['--limit', '500MB'], 5e8],
    [['--limit', '2 GiB'], 2 ** 31],
    [['--limit', '1.5gb'], 1.5e9],
  ])('%j is %i bytes', (args, bytes) => {
    expect(parseFlags(sizes, args).values.limit).toBe(bytes)
  })

  test.each(['5', 'GB', '-1GB', '5GBs', '0.5MB', '9e9GB'])('%s is refused', (given) => {
    expect(() => parseFlags(sizes, [`--limit=${given}`])).toThrow(UsageError)
  })
})
