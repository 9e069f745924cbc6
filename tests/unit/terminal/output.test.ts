import { describe, expect, test } from 'vitest'
import { facts, Output, table } from '../../../src/terminal/output'

function collect({ isTTY = false, isJson = false } = {}) {
  const written = { stdout: '', stderr: '' }
  const stream = (name: 'stdout' | 'stderr') => ({
    isTTY,
    columns: 60,
    write: (text: string) => {
      written[name] += text
    },
  })
  return { written, output: new Output({ stdout: stream('stdout'), stderr: stream('stderr'), isJson }) }
}

describe('output', () => {
  test('with --json holds JSON alone on stdout', () => {
    const { written, output } = collect({ isJson: true, isTTY: true })
    output.line('words')
    output.part('more')
    output.progress(1, 2, 'half')
    output.aside('by the way')
    output.json({ loss: Number.NaN, steps: 2 })
    expect(written).toEqual({ stdout: '{"loss":null,"steps":2}\n', stderr: '' })
  })

  test('without --json holds no JSON', () => {
    const { written, output } = collect()
    output.json({ loss: 1 })
    output.line('words')
    expect(written.stdout).toBe('words\n')
  })

  test('on a terminal draws one bar over itself and takes it away before words', () => {
    const { written, output } = collect({ isTTY: true })
    output.progress(1, 4, 'step 1')
    output.progress(2, 4, 'step 2')
    output.line('validated')
    expect(written.stderr).not.toContain('\n')
    expect(written.stderr).toContain('\r████████████░░░░░░░░░░░░  50%  step 2')
    expect(written.stderr.endsWith(' \r')).toBe(true)
    expect(written.stdout).toBe('validated\n')
  })

  test('a bar fits into the window', () => {
    const { written, output } = collect({ isTTY: true })
    output.progress(1, 1, 'x'.repeat(200))
    expect(written.stderr.length - 1).toBeLessThan(60)
  })

  test('elsewhere says a line at each tenth', () => {
    const { written, output } = collect()
    for (let done = 0; done <= 1000; done++) output.progress(done, 1000, 'sequences')
    expect(written.stderr.split('\n').filter(Boolean)).toHaveLength(10)
    expect(written.stderr).not.toContain('\r')
  })
})

describe('columns', () => {
  test('stand under each other', () => {
    expect(
      table([
        ['', 'f32'],
        ['weights', '1'],
        ['cache', '22'],
      ]),
    ).toEqual(['          f32', 'weights     1', 'cache      22'])
    expect(
      table(
        [
          ['1', 'a'],
          ['22', 'b'],
        ],
        { alignment: 'rl' },
      ),
    ).toEqual([' 1   a', '22   b'])
    expect(
      facts([
        ['a', 'x'],
        ['long', 'y'],
      ]),
    ).toEqual(['a     x', 'long  y'])
  })
})
