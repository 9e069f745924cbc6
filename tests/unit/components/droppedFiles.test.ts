import { describe, expect, test } from 'vitest'
import { filesOfDrop } from '../../../src/components/droppedFiles'

type Entry = { name: string; isFile: boolean; isDirectory: boolean; [more: string]: unknown }

const file = (name: string): Entry => ({
  name,
  isFile: true,
  isDirectory: false,
  file: (take: (file: File) => void) => take(new File([name], name)),
})
const unreadable = (name: string): Entry => ({
  ...file(name),
  file: (_: unknown, fail: (error: Error) => void) => fail(new Error('gone')),
})
/** Gives its entries two at a time, as browsers give a hundred. */
const folder = (name: string, inside: Entry[]): Entry => ({
  name,
  isFile: false,
  isDirectory: true,
  createReader: () => {
    const left = [...inside]
    return { readEntries: (take: (entries: Entry[]) => void) => take(left.splice(0, 2)) }
  },
})
const drop = async (entries: Entry[]): Promise<string[]> => {
  const transfer = {
    files: entries.map(({ name }) => new File([], name)),
    items: entries.map((entry) => ({ kind: 'file', webkitGetAsEntry: () => entry })),
  }
  const found = await filesOfDrop(transfer as unknown as DataTransfer) // what the function reads of one
  return found.map(({ name }) => name)
}

describe('what a drop holds', () => {
  test('files alone are taken as they are', async () => {
    expect(await drop([file('a.txt'), file('b.txt')])).toEqual(['a.txt', 'b.txt'])
  })

  test('of folders the files, however deep, without hidden ones', async () => {
    const inner = folder('inner', [file('3.csv'), file('4.csv'), file('5.csv')])
    const entries = [
      folder('data', [file('1.txt'), folder('.git', [file('HEAD')]), file('.hidden'), inner]),
      file('z.md'),
    ]
    expect(await drop(entries)).toEqual(['1.txt', '3.csv', '4.csv', '5.csv', 'z.md'])
  })

  test('what cannot be opened is passed over', async () => {
    expect(await drop([folder('data', [unreadable('a'), file('b')])])).toEqual(['b'])
  })

  test('a folder without end is left somewhere', async () => {
    let deep = folder('deep', [file('bottom')])
    for (let i = 0; i < 30; i++) deep = folder('deep', [deep])
    expect(await drop([deep])).toEqual([])
    const wide = folder(
      'wide',
      Array.from({ length: 5000 }, (_, i) => file(String(i))),
    )
    expect((await drop([wide])).length).toBeLessThanOrEqual(2000)
  })
})
